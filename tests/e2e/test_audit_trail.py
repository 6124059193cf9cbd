"""Who asked for what: entered by the deployed stack, read by `make audit-trail`."""

import json
import os
import subprocess
import time

import httpx
import pytest
from conftest import CANARY

from local.settings import ROOT


@pytest.fixture(scope="module")
def trail(stack):
    """Run the command against the local cloud; return its entries."""

    def read(*options):
        command = [ROOT / ".venv" / "bin" / "python", "-m", "local.audit_trail", *options, "--json"]
        env = os.environ | stack.settings.aws_environment | {"PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def test_a_note_sent_to_the_api_is_entered_with_who_sent_it(stack, send, trail):
    note = {"id": "audit-1", "text": f"Assessment: Gout, visit of {CANARY}."}
    answer = send("POST", "/v1/codes", json=note, headers={"x-request-id": "audit-request-1"}).json()
    (entry,) = trail("--note", "audit-1")
    assert (entry["action"], entry["principal"]) == ("CodeNote", f"api-key:{stack.outputs['ApiKeyId']}")
    assert entry["codes"] == [code["code"] for code in answer["codes"]] == ["M10.9"]
    assert (entry["request_id"], entry["model_version"]) == ("audit-request-1", answer["model"]["version"])
    assert CANARY not in json.dumps(entry)
    assert entry in trail("--code", "M10.9")  # through the index by day


def test_the_comprehend_medical_operation_is_entered_with_its_access_key(stack, trail):
    stack.comprehend_medical.infer_icd10_cm(Text="Assessment: Migraine.")
    entries = [entry for entry in trail("--who", "access-key:") if entry["action"] == "InferICD10CM"]
    assert ["G43.909"] in [entry["codes"] for entry in entries]


def test_reviews_are_entered_with_their_reviewer(send, trail):
    review = {"note_id": "audit-2", "reviewer": "ann", "decisions": [{"code": "I10", "action": "accept"}]}
    assert send("POST", "/v1/reviews", json=review).status_code == 201
    send("GET", "/v1/reviews", params={"note_id": "audit-2"})
    written, read = trail("--note", "audit-2")
    assert (written["action"], written["reviewer"], written["codes"]) == ("ReviewNote", "ann", ["I10"])
    assert read["action"] == "ListReviews"


@pytest.mark.parametrize("engine", ["lambda", "glue"])
def test_a_batch_is_entered_from_its_order_to_its_download(send, stack, trail, engine):
    text = json.dumps({"id": f"audit-{engine}-1", "text": f"Assessment: Gout, {engine}."})
    order = send("POST", "/v1/batches", json={"files": ["a.jsonl"], "engine": engine}).json()
    (link,) = order["uploads"]
    assert httpx.put(link["url"], content=text, timeout=30).status_code == 200
    path, deadline = f"/v1/batches/{order['id']}", time.monotonic() + 180
    while send("GET", path).json()["status"] in ("WAITING_FOR_UPLOAD", "IN_PROGRESS"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert send("GET", f"{path}/results").status_code == 200
    entries = {entry["action"]: entry for entry in trail("--note", f"audit-{engine}-1")}
    assert set(entries) == {"CreateBatch", "StartBatch", "CodeBatchNote", "GetBatchResults"}
    assert {entry["batch_id"] for entry in entries.values()} == {order["id"]}
    assert entries["CodeBatchNote"]["codes"] == ["M10.9"]
    assert entries["CreateBatch"]["principal"] == f"api-key:{stack.outputs['ApiKeyId']}"
