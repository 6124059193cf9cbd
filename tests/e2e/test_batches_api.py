"""A batch through the API: ordered, uploaded, followed, downloaded."""

import json
import time

import httpx
import pytest
from conftest import CANARY

FILES = {
    "visits.jsonl": "\n".join(
        json.dumps({"id": f"v{i}", "text": f"Assessment: Gout, visit {i} of {CANARY}."}) for i in (1, 2)
    ),
    "scan 1.txt": b"\x89PNG\x00\x00\xff\xfe",
}


def upload(order, name):
    (link,) = [each for each in order["uploads"] if each["file"] == name]
    return httpx.request(link["method"], link["url"], content=FILES[name], headers=link["headers"], timeout=30)


@pytest.fixture(scope="module")
def order(send):
    """An order of two files, none of which is uploaded."""
    response = send("POST", "/v1/batches", json={"name": "Monday", "files": list(FILES)})
    assert response.status_code == 202
    assert response.headers["location"].endswith(response.json()["id"])
    return response.json()


@pytest.fixture(scope="module")
def batch(send, stack, order):
    """The batch of the order when it has ended; on the way there, that it waits for the last of its files."""
    path = f"/v1/batches/{order['id']}"
    assert upload(order, "visits.jsonl").status_code == 200
    time.sleep(5)  # longer than the batching window
    waiting = send("GET", path).json()
    assert (waiting["status"], waiting["missing_files"]) == ("WAITING_FOR_UPLOAD", ["scan 1.txt"])
    assert send("GET", f"{path}/results").status_code == 409
    assert order["id"] not in [execution.name for execution in stack.executions()]
    assert upload(order, "scan 1.txt").status_code == 200
    deadline = time.monotonic() + 120
    seen = set()
    while (found := send("GET", path).json())["status"] in ("WAITING_FOR_UPLOAD", "IN_PROGRESS"):
        seen.add(found["status"])
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    assert "IN_PROGRESS" in seen
    return found


def test_every_record_is_counted(batch):
    assert batch["status"] == "PARTIAL_SUCCESS"
    counts = {"read": 3, "accepted": 2, "quarantined": 1, "duplicates": 0, "coded": 2, "failed": 0}
    assert batch["counts"] == counts
    assert batch["reasons"] == {"binary": 1}
    assert (batch["name"], batch["files"]) == ("Monday", 2)
    assert batch["model"]["code_set_release"] == "2026-04-01"
    assert batch["created"] < batch["started"] < batch["finished"]


def test_its_execution_has_its_id_and_started_once(stack, batch):
    assert [execution.name for execution in stack.executions()].count(batch["id"]) == 1


def download(send, batch, wanted):
    answer = send("GET", f"/v1/batches/{batch['id']}/results", params={"format": wanted}).json()
    (file,) = answer["files"]
    content = httpx.get(file["url"], timeout=30)
    assert content.status_code == 200
    assert len(content.content) == file["bytes"]
    return content.text


def test_results_in_three_formats(send, batch):
    results = [json.loads(line) for line in download(send, batch, "json").splitlines()]
    assert {(result["id"], result["codes"][0]["code"]) for result in results} == {("v1", "M10.9"), ("v2", "M10.9")}
    header, *rows = download(send, batch, "csv").splitlines()
    assert header.startswith("id,code,")
    assert [row.split(",")[:2] for row in rows] == [["v1", "M10.9"], ["v2", "M10.9"]]
    bundles = [json.loads(line) for line in download(send, batch, "fhir").splitlines()]
    coded = [entry["resource"]["code"]["coding"][0]["code"] for bundle in bundles for entry in bundle["entry"]]
    assert coded == ["M10.9", "M10.9"]


def test_quarantine_says_which_file_and_why(send, batch):
    answer = send("GET", f"/v1/batches/{batch['id']}/quarantine")
    assert answer.json()["records"] == [{"file": "scan 1.txt", "reason": "binary"}]
    assert CANARY not in answer.text


def test_the_list_shows_requested_and_dropped_batches(send, stack, batch, drop):
    (dropped,) = stack.follow({drop("dropped.txt", "Assessment: Asthma.")}, 120)
    first = send("GET", "/v1/batches", params={"limit": 1}).json()
    assert [each["id"] for each in first["batches"]] == [dropped.name]
    assert first["batches"][0]["status"] == "SUCCEEDED"
    rest = send("GET", "/v1/batches", params={"next": first["next"]}).json()["batches"]
    assert batch in rest


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/batches/batch-none", None, 404),
        ("GET", "/v1/batches/batch-none/quarantine", None, 404),
        ("GET", "/v1/batches?limit=0", None, 422),
        ("POST", "/v1/batches", {"files": [f"{CANARY}/x.txt"]}, 422),
        ("POST", "/v1/batches", {"files": []}, 422),
    ],
)
def test_problems(send, method, path, body, status):
    response = send(method, path, json=body) if body else send(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert CANARY not in response.text
