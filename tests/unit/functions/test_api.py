import json

import pytest
from api import app as api

from chartcode import MAX_NOTE_CHARACTERS


@pytest.fixture
def call(aws, event, context):
    """Send the sample request with changes, and return status, headers and body."""

    def send(sample="api_code_note", **changes):
        request, _ = event(sample)
        answer = api.lambda_handler({**request, **changes}, context)
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return answer["statusCode"], headers, json.loads(answer["body"])

    return send


def headers(**given):
    return {"headers": {name.replace("_", "-"): value for name, value in given.items()}}


def test_a_note_is_coded_with_evidence_and_negation(call, event):
    _, expected = event("api_code_note")
    status, sent, body = call()
    assert status == expected["statusCode"]
    assert [code["code"] for code in body["codes"]] == expected["codes"]
    negated = [entity["text"] for entity in body["entities"] if "NEGATION" in entity["traits"]]
    assert negated == expected["negated"]
    assert body["id"] == "visit-1"
    assert body["model"]["code_set_release"] == "2026-04-01"
    assert sent["X-Request-Id"] == body["request_id"] == "sample-request-1"


@pytest.mark.parametrize("sample", ["api_get_code", "api_search_codes", "api_problem", "api_health_ready"])
def test_sample_events_give_their_expected_answers(call, event, sample):
    _, expected = event(sample)
    status, _, body = call(sample)
    assert status == expected["statusCode"]
    assert {name: body[name] for name in expected["body"]} == expected["body"]


def test_plain_text_is_a_note(call):
    status, _, body = call(**headers(content_type="text/plain"), body="Assessment: Gout.")
    assert (status, body["codes"][0]["code"]) == (200, "M10.9")


def test_a_base64_body_is_decoded(call):
    status, _, _ = call(**headers(content_type="text/plain"), body="R291dC4=", isBase64Encoded=True)
    assert status == 200


def test_fhir_is_answered_where_it_is_asked_for(call):
    accepted = headers(content_type="text/plain", accept="application/json;q=0.1, application/fhir+json; charset=utf-8")
    status, sent, bundle = call(**accepted, body="Assessment: Gout.")
    assert (status, sent["Content-Type"], bundle["resourceType"]) == (200, "application/fhir+json", "Bundle")
    assert [entry["resource"]["code"]["coding"][0]["code"] for entry in bundle["entry"]] == ["M10.9"]
    status, sent, _ = call(**headers(content_type="text/plain", accept="application/fhir+json"), body="12 34")
    assert (status, sent["Content-Type"]) == (422, "application/problem+json")


def test_a_block_can_be_walked_from_its_chapter(call):
    _, _, answer = call("api_get_code", path="/v1/chapters")
    assert answer["chapters"][8] == {"code": "9", "description": "Diseases of the circulatory system (I00-I99)"}
    _, _, block = call("api_get_code", path="/v1/codes/I10-I1A")
    assert (block["parent"], block["children"][0]["code"], block["children"][0]["billable"]) == ("9", "I10", True)
    assert block["ancestors"] == [answer["chapters"][8]]


SECRET = "Zebra Smith has gout"


@pytest.mark.parametrize(
    "query",
    [None, {"q": ""}, {"q": "  "}, {"q": SECRET * 11}, {"q": SECRET, "limit": "0"}, {"q": SECRET, SECRET: "1"}],
)
def test_a_search_that_cannot_be_is_a_problem(call, query):
    status, sent, body = call("api_search_codes", queryStringParameters=query)
    assert (status, sent["Content-Type"]) == (422, "application/problem+json")
    assert "Zebra" not in json.dumps(body)


def logged(caplog):
    return str([vars(record) for record in caplog.records])


@pytest.mark.parametrize(
    ("changes", "status", "detail"),
    [
        ({"body": '{"text": "' + SECRET}, 400, "not valid JSON"),
        ({"body": json.dumps({"note": SECRET})}, 422, "text"),
        ({"body": json.dumps({"text": SECRET, SECRET: 1})}, 422, "unknown field"),
        ({"body": json.dumps({"text": SECRET, "age": SECRET})}, 422, "age"),
        ({"body": json.dumps({"text": "12 34"})}, 422, "no words"),
        ({"body": json.dumps({"text": SECRET * 20_000})}, 413, str(MAX_NOTE_CHARACTERS)),
        ({"body": "x" * 1_400_000}, 413, "1000000 bytes"),
        (headers(content_type="text/xml") | {"body": SECRET}, 415, "application/json or text/plain"),
        ({"body": "/w==", "isBase64Encoded": True}, 400, "UTF-8"),
        ({"path": "/v2/nothing", "resource": "/v2/nothing"}, 404, "no such path"),
    ],
)
def test_problems_say_what_is_wrong_and_never_repeat_the_note(call, caplog, changes, status, detail):
    answered, sent, body = call(**changes)
    assert answered == body["status"] == status
    assert sent["Content-Type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail", "instance"}
    assert detail in body["detail"]
    assert "Zebra" not in json.dumps(body) + logged(caplog)


def test_an_unknown_code_is_a_404(call):
    status, _, body = call("api_get_code", path="/v1/codes/ZZZ")
    assert (status, body["title"]) == (404, "Not Found")


def test_an_error_of_ours_is_a_500_that_names_no_text(call, monkeypatch, caplog):
    def fail(*_args, **_kwargs):
        raise ValueError(SECRET)

    monkeypatch.setattr(api.coder, "code", fail)
    status, _, body = call()
    assert status == 500
    assert "ValueError" in logged(caplog)
    assert "Zebra" not in json.dumps(body) + logged(caplog)


def test_a_strange_request_id_is_not_returned(call):
    _, sent, _ = call("api_get_code", **headers(x_request_id="<script>"))
    assert sent["X-Request-Id"].startswith("c6af9ac6")
