import httpx
import pytest

from frontend.client import ApiClient, ApiError


def client(handler) -> ApiClient:
    return ApiClient("http://api.test", "key", httpx.MockTransport(handler))


def test_code_note_sends_the_key_and_only_what_is_known():
    seen = {}

    def handler(request: httpx.Request) -> httpx.Response:
        seen.update(path=request.url.path, key=request.headers["x-api-key"], body=request.content)
        return httpx.Response(200, json={"codes": []})

    assert client(handler).code_note("HTN", sex="F") == {"codes": []}
    assert seen == {"path": "/v1/codes", "key": "key", "body": b'{"text":"HTN","sex":"F"}'}


def test_a_problem_becomes_its_detail():
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(413, json={"title": "Content Too Large", "detail": "Send less."})

    with pytest.raises(ApiError, match=r"\(413\): Send less\."):
        client(handler).code_note("x")


def test_no_answer_says_what_to_do():
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ApiError, match="make run"):
        client(handler).model()


def test_an_answer_without_json_is_an_api_error():
    with pytest.raises(ApiError, match="502 without JSON"):
        client(lambda request: httpx.Response(502, text="<html>")).code("I10")


def test_missing_configuration_says_what_to_set(monkeypatch):
    monkeypatch.delenv("CHARTCODE_API_URL", raising=False)
    with pytest.raises(ApiError, match="CHARTCODE_API_URL"):
        ApiClient.from_environment()
