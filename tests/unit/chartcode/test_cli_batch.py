import json

import httpx
import pytest
from typer.testing import CliRunner

from chartcode import cli
from chartcode.cli import batch
from chartcode.client import ApiClient

ID = "batch-0123456789abcdef0123456789abcdef"
CREATED = "2026-04-01T12:00:00Z"


class Api:
    """An API with one batch, which ends at the second look."""

    def __init__(self):
        self.final = "SUCCEEDED"
        self.seen: list[httpx.Request] = []
        self.uploaded: dict[str, bytes] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        method, path = request.method, request.url.path
        if method == "PUT":
            self.uploaded[path] = request.content
            return httpx.Response(200)
        if path == "/v1/batches":
            return self.create(json.loads(request.content)) if method == "POST" else self.list()
        if path == f"/v1/batches/{ID}":
            return httpx.Response(200, json=self.batch())
        if path == f"/v1/batches/{ID}/results":
            files = [{"name": f"results/{name}", "url": f"http://s3.test/{name}", "bytes": 4} for name in ("0", "1")]
            return httpx.Response(200, json={"id": ID, "format": request.url.params["format"], "files": files})
        if request.url.host == "s3.test":
            return httpx.Response(200, content=f"{{{path[1:]}}}\n".encode())
        return httpx.Response(404, json={"detail": "There is no such batch."})

    def create(self, asked):
        uploads = [
            {"file": name, "url": f"http://s3.test/{name}", "method": "PUT", "headers": {}} for name in asked["files"]
        ]
        status = {"id": ID, "status": "WAITING_FOR_UPLOAD", "created": CREATED}
        return httpx.Response(202, json={**status, "uploads": uploads})

    def list(self):
        return httpx.Response(200, json={"batches": [self.batch()]})

    def batch(self):
        looks = sum(request.url.path == f"/v1/batches/{ID}" for request in self.seen)
        status = "IN_PROGRESS" if looks == 1 else self.final
        counts = {"accepted": 2, "coded": looks}
        return {"id": ID, "name": "May", "status": status, "created": CREATED, "files": 2, "counts": counts}


@pytest.fixture
def api(monkeypatch):
    found = Api()
    monkeypatch.setattr(
        batch, "ApiClient", lambda url, key, auth: ApiClient(url, key, httpx.MockTransport(found), auth)
    )
    monkeypatch.setattr(batch.time, "sleep", lambda seconds: None)
    return found


@pytest.fixture
def notes(tmp_path):
    paths = [tmp_path / "a.txt", tmp_path / "b.jsonl"]
    for path in paths:
        path.write_text(f"HTN in {path.name}")
    return [str(path) for path in paths]


def run(*arguments, env=()):
    given = {"CHARTCODE_API_URL": "http://api.test", "CHARTCODE_API_KEY": "secret", "COLUMNS": "200", **dict(env)}
    return CliRunner().invoke(cli.app, ["batch", *arguments], env=given)


def test_submit_uploads_every_file_and_prints_the_id(api, notes):
    done = run("submit", *notes, "--name", "May")
    assert (done.exit_code, done.stdout) == (0, f"{ID}\n")
    assert api.uploaded == {"/a.txt": b"HTN in a.txt", "/b.jsonl": b"HTN in b.jsonl"}
    first = api.seen[0]
    assert json.loads(first.content) == {"name": "May", "files": ["a.txt", "b.jsonl"]}
    assert first.headers["x-api-key"] == "secret"


def test_submit_waits_and_says_what_happens_on_standard_error(api, notes):
    done = run("submit", *notes, "--wait", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["status"] == "SUCCEEDED"
    assert done.stderr.splitlines() == ["IN_PROGRESS: 1 of 2 notes coded", "SUCCEEDED: 2 of 2 notes coded"]


@pytest.mark.parametrize("status", ["PARTIAL_SUCCESS", "FAILED"])
def test_a_batch_that_did_not_code_every_note_ends_with_1(api, notes, status):
    api.final = status
    assert run("submit", *notes, "--wait").exit_code == 1


def test_two_files_of_one_name_cannot_be_sent(api, tmp_path):
    paths = [tmp_path / "x" / "a.txt", tmp_path / "y" / "a.txt"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("HTN")
    done = run("submit", *map(str, paths))
    assert (done.exit_code, api.seen) == (2, [])


def test_status_shows_the_counts(api):
    done = run("status", ID)
    assert (done.exit_code, "IN_PROGRESS" in done.stdout, "accepted" in done.stdout) == (0, True, True)
    assert json.loads(run("status", ID, "--json").stdout)["files"] == 2


def test_results_go_to_standard_output_or_into_a_folder(api, tmp_path):
    assert run("results", ID, "--format", "fhir").stdout == "{0}\n{1}\n"
    assert api.seen[0].url.params["format"] == "fhir"
    done = run("results", ID, "-o", str(tmp_path / "out"))
    assert done.stdout.splitlines() == [str(tmp_path / "out" / name) for name in ("0", "1")]
    assert (tmp_path / "out" / "1").read_text() == "{1}\n"
    assert [each["bytes"] for each in json.loads(run("results", ID, "--json").stdout)["files"]] == [4, 4]


def test_list(api):
    api.seen = []
    assert ID in run("list").stdout
    assert json.loads(run("list", "--json").stdout)["batches"][0]["name"] == "May"


def test_a_batch_that_does_not_exist_is_not_found(api):
    done = run("status", "batch-1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no such batch" in done.stderr


def test_a_refusal_and_no_answer_end_with_3(monkeypatch):
    def refuse(request):
        return httpx.Response(403, json={"detail": "Forbidden"})

    def break_off(request):
        raise httpx.ConnectError("refused")

    for transport in (refuse, break_off):
        mocked = httpx.MockTransport(transport)
        monkeypatch.setattr(batch, "ApiClient", lambda url, key, auth, m=mocked: ApiClient(url, key, m, auth))
        assert run("list").exit_code == 3


class Auth(httpx.Auth):
    def auth_flow(self, request):
        request.headers["authorization"] = "signed"
        yield request


def test_calls_are_authorized_as_the_environment_says(api):
    assert run("list", env={"CHARTCODE_API_AUTH": f"{__name__}:Auth"}).exit_code == 0
    assert api.seen[0].headers["authorization"] == "signed"
    wrong = run("list", env={"CHARTCODE_API_AUTH": "no.such.module:Auth"})
    assert (wrong.exit_code, "CHARTCODE_API_AUTH" in wrong.stderr, len(api.seen)) == (3, True, 1)


def test_the_api_of_make_run_is_found_and_none_is_an_error(api, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    unset = {"CHARTCODE_API_URL": None, "CHARTCODE_API_KEY": None}
    assert run("list", env=unset).exit_code == 2
    (tmp_path / ".local/run").mkdir(parents=True)
    (tmp_path / ".local/run/stack.json").write_text(json.dumps({"ApiUrl": "http://local.test", "ApiKey": "k"}))
    assert run("list", env=unset).exit_code == 0
    assert (api.seen[0].url.host, api.seen[0].headers["x-api-key"]) == ("local.test", "k")
