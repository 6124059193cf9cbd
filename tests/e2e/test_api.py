"""The deployed API, through API Gateway."""

import pytest
from conftest import CANARY

NOTE = "ASSESSMENT:\n1. Type 2 diabetes mellitus without complications.\n2. Essential hypertension.\n"


def test_a_json_note(send):
    response = send("POST", "/v1/codes", json={"id": "n1", "text": NOTE}, headers={"X-Request-Id": "mine-1"})
    assert response.status_code == 200
    assert response.headers["x-request-id"] == "mine-1"
    answer = response.json()
    assert [code["code"] for code in answer["codes"]] == ["E11.9", "I10"]
    for code in answer["codes"]:
        for evidence in code["evidence"]:
            assert NOTE[evidence["begin"] : evidence["end"]] == evidence["text"]


def test_a_plain_text_note_in_utf8(stack):
    response = stack.post_note("Assessment: Sjögren syndrome 😀. Gout.")
    assert response.status_code == 200
    assert "M10.9" in [code["code"] for code in response.json()["codes"]]


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/v1/codes", {"content": "{" + CANARY, "headers": {"content-type": "application/json"}}, 400),
        ("POST", "/v1/codes", {"json": {"text": CANARY, "age": -1}}, 422),
        ("POST", "/v1/codes", {"content": CANARY * 100_000, "headers": {"content-type": "text/plain"}}, 413),
        ("POST", "/v1/codes", {"content": CANARY, "headers": {"content-type": "application/pdf"}}, 415),
        ("GET", "/v1/codes/ZZZ99", {}, 404),
    ],
)
def test_problems(send, method, path, options, status):
    response = send(method, path, **options)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert CANARY not in response.text


def test_no_key_is_forbidden_except_for_health(send):
    assert send("POST", "/v1/codes", key=False, json={"text": NOTE}).status_code == 403
    ready = send("GET", "/health/ready", key=False)
    assert (ready.status_code, ready.json()["status"]) == (200, "UP")
    assert send("GET", "/health/live", key=False).json() == {"status": "UP", "checks": []}


def test_fhir(send):
    response = send("POST", "/v1/codes", json={"id": "n1", "text": NOTE}, headers={"accept": "application/fhir+json"})
    assert response.headers["content-type"] == "application/fhir+json"
    assert [each["resource"]["code"]["coding"][0]["code"] for each in response.json()["entry"]] == ["E11.9", "I10"]


def test_codes_chapters_and_model(send):
    found = send("GET", "/v1/codes", params={"q": "ckd 3", "limit": 1}).json()
    assert [code["code"] for code in found["codes"]] == ["N18.30"]
    assert len(send("GET", "/v1/chapters").json()["chapters"]) == 22
    code = send("GET", "/v1/codes/i10").json()
    assert (code["code"], code["billable"]) == ("I10", True)
    assert send("GET", "/v1/model").json()["code_set_release"] == "2026-04-01"
