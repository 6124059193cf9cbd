import io

import httpx
import pytest

from chartcode.client import ApiClient, ApiError, ApiRefused, ApiUnreachable, auth_from_environment


def client(handler, key="key") -> ApiClient:
    return ApiClient("http://api.test/v/", key, httpx.MockTransport(handler))


@pytest.fixture
def calls():
    return []


@pytest.fixture
def api(calls):
    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json={"answer": 1})

    return client(handler)


@pytest.mark.parametrize(
    ("call", "sent"),
    [
        (lambda api: api.code_note("HTN", sex="F"), ("POST", "/v1/codes", {"text": "HTN", "sex": "F"})),
        (lambda api: api.search("ckd 3", limit=5), ("GET", "/v1/codes?q=ckd+3&limit=5", None)),
        (lambda api: api.code("I10/x"), ("GET", "/v1/codes/I10%2Fx", None)),
        (lambda api: api.chapters(), ("GET", "/v1/chapters", None)),
        (lambda api: api.model(), ("GET", "/v1/model", None)),
        (lambda api: api.create_batch(["a.txt"], "May"), ("POST", "/v1/batches", {"name": "May", "files": ["a.txt"]})),
        (lambda api: api.batches(5, "t"), ("GET", "/v1/batches?limit=5&next=t", None)),
        (lambda api: api.batch("b"), ("GET", "/v1/batches/b", None)),
        (lambda api: api.results("b", "csv"), ("GET", "/v1/batches/b/results?format=csv", None)),
        (lambda api: api.quarantine("b"), ("GET", "/v1/batches/b/quarantine", None)),
        (
            lambda api: api.review("n", "Ann", [{"code": "I10", "action": "accept"}]),
            (
                "POST",
                "/v1/reviews",
                {"note_id": "n", "reviewer": "Ann", "decisions": [{"code": "I10", "action": "accept"}]},
            ),
        ),
        (lambda api: api.reviews("n"), ("GET", "/v1/reviews?note_id=n", None)),
        (lambda api: api.export_reviews(), ("POST", "/v1/reviews/exports", None)),
        (lambda api: api.metrics(7), ("GET", "/v1/metrics?days=7", None)),
    ],
)
def test_each_call_is_sent_with_the_key_and_only_what_is_known(api, calls, call, sent):
    assert call(api) == {"answer": 1}
    (request,) = calls
    method, path, body = sent
    assert (request.method, request.url.raw_path.decode()) == (method, f"/v{path}")
    assert (httpx.Response(200, content=request.content).json() if request.content else None) == body
    assert (request.headers["x-api-key"], request.headers["accept"]) == ("key", "application/json")


def test_fhir_is_asked_for(api, calls):
    api.code_note_fhir("HTN")
    assert calls[0].headers["accept"] == "application/fhir+json"


def test_without_a_key_none_is_sent(calls):
    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json={})

    client(handler, key="").model()
    assert "x-api-key" not in calls[0].headers


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"title": "Content Too Large", "detail": "Send less."}, "Send less."),
        ({"message": "Forbidden"}, "Forbidden"),
        ("<html>", "Request Entity Too Large."),
    ],
)
def test_a_refusal_has_its_status_and_detail(answer, detail):
    response = httpx.Response(413, text=answer) if isinstance(answer, str) else httpx.Response(413, json=answer)
    with pytest.raises(ApiRefused) as caught:
        client(lambda request: response).code_note("x")
    assert (caught.value.status, caught.value.detail) == (413, detail)


def test_no_answer_says_what_to_do_and_not_what_was_asked():
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ApiUnreachable, match="make run") as caught:
        client(handler).search("Zebra")
    assert "Zebra" not in str(caught.value)


@pytest.mark.parametrize("content", ["<html>", "[1]"])
def test_an_answer_that_is_no_json_object_is_no_chartcode(content):
    with pytest.raises(ApiUnreachable, match="Check the API's address"):
        client(lambda request: httpx.Response(200, text=content)).code("I10")


def test_an_address_that_is_none_is_unreachable():
    with pytest.raises(ApiUnreachable):
        ApiClient("http://api.test:port").model()


def test_a_file_is_uploaded_to_its_target_without_the_key(api, calls):
    target = {"url": "http://s3.test/a?signature=1", "method": "PUT", "headers": {"x-amz-meta-a": "b"}}
    api.upload(target, io.BytesIO(b"HTN"))
    (request,) = calls
    assert (request.method, str(request.url), request.content) == ("PUT", target["url"], b"HTN")
    assert (request.headers["x-amz-meta-a"], request.headers["content-length"]) == ("b", "3")
    assert "x-api-key" not in request.headers


def test_a_file_is_downloaded_as_a_whole_or_refused():
    target = io.BytesIO()
    client(lambda request: httpx.Response(200, content=b"{}\n")).download("http://s3.test/r", target)
    assert target.getvalue() == b"{}\n"
    with pytest.raises(ApiRefused, match="expired"):
        client(lambda request: httpx.Response(403)).download("http://s3.test/r", target)


class Auth(httpx.Auth):
    """What ``CHARTCODE_API_AUTH`` names in these tests."""

    def auth_flow(self, request):
        request.headers["authorization"] = "signed"
        yield request


def test_what_authorizes_signs_calls_of_the_api_but_no_upload_or_download(calls):
    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json={})

    api = ApiClient("http://api.test/v", transport=httpx.MockTransport(handler), auth=Auth())
    api.model()
    api.upload({"url": "http://s3.test/a?signature=1", "method": "PUT", "headers": {}}, b"HTN")
    api.download("http://s3.test/r?signature=1", io.BytesIO())
    assert [request.headers.get("authorization") for request in calls] == ["signed", None, None]


def test_what_authorizes_is_named_by_the_environment(monkeypatch):
    monkeypatch.delenv("CHARTCODE_API_AUTH", raising=False)
    assert auth_from_environment() is None
    monkeypatch.setenv("CHARTCODE_API_AUTH", f"{__name__}:Auth")
    assert isinstance(auth_from_environment(), Auth)


@pytest.mark.parametrize("name", ["no.such.module:Auth", f"{__name__}:Missing", "not a name"])
def test_what_cannot_be_imported_authorizes_nothing(monkeypatch, name):
    monkeypatch.setenv("CHARTCODE_API_AUTH", name)
    with pytest.raises(ApiError, match="CHARTCODE_API_AUTH"):
        auth_from_environment()


def test_missing_configuration_says_what_to_set(monkeypatch):
    monkeypatch.delenv("CHARTCODE_API_URL", raising=False)
    with pytest.raises(ApiUnreachable, match="CHARTCODE_API_URL"):
        ApiClient.from_environment()


def test_results_of_all_pages_are_listed():
    pages = {None: {"id": "b", "files": [{"name": "1"}], "next": "1"}, "1": {"id": "b", "files": [{"name": "2"}]}}

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("next")])

    assert client(handler).results("b") == {"id": "b", "files": [{"name": "1"}, {"name": "2"}]}
