"""What deploys the project: workflows, images, compose file, Databricks bundle, stages."""

import re
import tomllib
from pathlib import Path

import httpx
import pytest
from databricks.bundles.jobs import Job
from samtranslator.yaml_helper import yaml_parse

from local import deployed

ROOT = Path(__file__).parents[2]
ACTIONS = sorted((ROOT / ".github").rglob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCKERFILES = [ROOT / folder / "Dockerfile" for folder in ("frontend", "functions", "local")]
MAKEFILE = (ROOT / "Makefile").read_text()
LOCKED = {package["name"]: package["version"] for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", ACTIONS, ids=name)
def test_every_action_is_ours_or_pinned_by_commit_with_its_version(path):
    for used in re.findall(r"uses: (.+)", path.read_text()):
        assert re.fullmatch(r"\./\.github/\S+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_an_action_has_one_pin():
    pins = {used for path in ACTIONS for used in re.findall(r"uses: ([^.\s]\S+)", path.read_text())}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_workflows_run_make_targets_that_exist_with_rights_named_for_each_job(path):
    workflow = yaml_parse(path.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        for step in job.get("steps", ()):
            if "run" in step:
                target = re.fullmatch(r'make ([a-z-]+)( STAGE="\$STAGE")?', step["run"])[1]
                assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_prod_is_deployed_after_dev_and_dev_after_ci():
    jobs = yaml_parse((ROOT / ".github/workflows/deploy.yml").read_text())["jobs"]
    assert (jobs["dev"]["needs"], jobs["prod"]["needs"]) == ("ci", "dev")
    stage = yaml_parse((ROOT / ".github/workflows/deploy-stage.yml").read_text())["jobs"]["deploy"]
    assert stage["environment"] == "${{ inputs.stage }}"  # whose approvers GitHub asks
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for each in ("dev", "prod"):
        assert jobs[each]["with"] == {"stage": each}
        assert f"Stage={each}" in config[each]["deploy"]["parameters"]["parameter_overrides"]
    assert deployed.stack_name("dev") != deployed.stack_name("prod")


@pytest.mark.parametrize("path", DOCKERFILES, ids=name)
def test_images_have_versions_and_the_uv_of_the_makefile(path):
    text = path.read_text()
    uv = re.search(r"^UV_VERSION := (\S+)", MAKEFILE, re.MULTILINE)[1]
    assert f"ghcr.io/astral-sh/uv:{uv} " in text
    for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE):
        assert re.search(r":\d+\.\d+", image), image
    for source in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE):
        for each in source.replace("${ARTEFACT}", "layers/model/artefact").split():
            assert (ROOT / each).exists(), each


@pytest.mark.parametrize("path", [DOCKERFILES[0], DOCKERFILES[2]], ids=name)
def test_servers_are_not_root_and_say_whether_they_are_well(path):
    text = path.read_text()
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_containers_are_confined_and_reached_from_this_machine_only():
    services = yaml_parse((ROOT / "local" / "compose.yaml").read_text())["services"]
    assert set(services) == {"api", "workbench", "mlflow"}
    for service in services.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert services["mlflow"]["image"].endswith(f":v{LOCKED['mlflow']}")


def test_the_bundle_s_job_is_one_that_databricks_knows():
    bundle = yaml_parse((ROOT / "glue" / "databricks.yml").read_text())
    assert set(bundle) == {"bundle", "variables", "sync", "resources", "targets"}
    job = bundle["resources"]["jobs"]["prepare_notes"]
    assert Job.from_dict(job)  # refuses fields that it does not know
    script_task = job["tasks"][0]["spark_python_task"]
    assert script_task["python_file"] == "databricks_prepare.py"
    sent = {part for part in script_task["parameters"] if part.startswith("--")}
    script = (ROOT / "glue" / "databricks_prepare.py").read_text()
    assert sent == set(re.findall(r'add_argument\("(--\w+)"', script))
    used = set(re.findall(r"\$\{var\.(\w+)\}", str(bundle)))
    assert used == set(bundle["variables"])


@pytest.mark.parametrize(("answers", "ready"), [([503, 200], True), ([503] * deployed.ATTEMPTS, False)])
def test_a_deployment_is_ready_once_a_note_is_coded(answers, ready):
    left = iter(answers)
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(next(left))))
    assert deployed.is_ready("https://api.invalid/dev", client, pause=0) is ready
