"""``chartcode batch`` against the deployed API: from files to results."""

import json

from typer.testing import CliRunner

from chartcode import cli


def test_files_become_results(stack, tmp_path):
    (tmp_path / "visit.txt").write_text("ASSESSMENT:\n1. Essential hypertension.\n")
    (tmp_path / "day.jsonl").write_text('{"id": "n2", "text": "Assessment: Gout."}\n{"id": "n3"}\n')
    env = {"CHARTCODE_API_URL": stack.api_url, "CHARTCODE_API_KEY": stack.api_key}

    def run(*arguments):
        return CliRunner().invoke(cli.app, ["batch", *map(str, arguments)], env=env)

    done = run("submit", tmp_path / "visit.txt", tmp_path / "day.jsonl", "--name", "May", "--wait", "--json")
    batch = json.loads(done.stdout)
    assert (batch["name"], batch["counts"]["accepted"], batch["counts"]["quarantined"]) == ("May", 2, 1), done.stderr
    records = [json.loads(line) for line in run("results", batch["id"]).stdout.splitlines()]
    assert sorted(code["code"] for record in records for code in record["codes"]) == ["I10", "M10.9"]
    done = run("results", batch["id"], "--format", "csv", "-o", tmp_path / "out")
    assert done.stdout.strip() == str(tmp_path / "out" / "codes.csv")
    bundles = [json.loads(line) for line in run("results", batch["id"], "--format", "fhir").stdout.splitlines()]
    assert [bundle["resourceType"] for bundle in bundles] == ["Bundle", "Bundle"]
    assert batch["id"] in run("list", "--json").stdout
    assert run("status", "batch-" + "0" * 32).exit_code == 1
