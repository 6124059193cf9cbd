import json

import pytest

from local.gateway import Gateway, event_of, routes


def ask(target, method="GET", key="", **headers):
    event = event_of(method, target, list(headers.items()), b"", "127.0.0.1")
    answer = Gateway(key).answer(event)
    return answer["statusCode"], answer["headers"]["Content-Type"], json.loads(answer["body"])


def test_a_request_becomes_an_event_of_api_gateway():
    headers = [("X-Api-Key", "k"), ("Accept", "a"), ("Accept", "b")]
    event = event_of("GET", "/v1/codes/I10%2DI1A?q=ckd+3&q=HTN&empty=", headers, b"", "127.0.0.1")
    assert event["path"] == event["requestContext"]["path"] == "/v1/codes/I10-I1A"
    assert event["headers"] == {"x-api-key": "k", "accept": "b"}
    assert event["multiValueHeaders"]["accept"] == ["a", "b"]
    assert event["queryStringParameters"] == {"q": "HTN", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"q": ["ckd 3", "HTN"], "empty": [""]}
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


@pytest.mark.parametrize(
    ("body", "given", "is_base64"), [("Ménière".encode(), "Ménière", False), (b"\xff", "/w==", True)]
)
def test_a_body_that_is_no_text_is_base64(body, given, is_base64):
    event = event_of("POST", "/v1/codes", [], body, "127.0.0.1")
    assert (event["body"], event["isBase64Encoded"]) == (given, is_base64)


def test_the_routes_are_the_template_s():
    found = {(route.method, route.path): route for route in routes()}
    assert found["GET", "/v1/codes/{code}"].parameters("/v1/codes/E11.9") == {"code": "E11.9"}
    assert found["GET", "/v1/codes/{code}"].parameters("/v1/codes/E11.9/x") is None
    assert (found["GET", "/health/live"].needs_key, found["GET", "/v1/codes"].needs_key) == (False, True)


def test_batches_say_what_to_do_instead():
    status, content_type, problem = ask("/v1/batches", "POST")
    assert (status, content_type, problem["status"]) == (501, "application/problem+json", 501)
    assert "`chartcode code notes.jsonl`" in problem["detail"]


def test_jobs_of_comprehend_medical_are_answered_in_its_own_words():
    headers = {"x-amz-target": "ComprehendMedical_20181030.StartICD10CMInferenceJob"}
    status, content_type, error = ask("/", "POST", **headers)
    assert (status, content_type, error["__type"]) == (501, "application/x-amz-json-1.1", "InternalServerException")


@pytest.mark.parametrize("target", ["/", "/v1/nothing", "/v1/codes/a/b"])
def test_another_path_is_a_problem(target):
    assert ask(target)[:2] == (404, "application/problem+json")


def test_a_key_is_asked_for_where_there_is_one():
    assert ask("/v1/batches", key="k")[0] == 403
    assert ask("/v1/batches", key="k", **{"X-Api-Key": "k"})[0] == 501
