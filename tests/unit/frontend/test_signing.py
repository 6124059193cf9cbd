"""Requests to an API under IAM authorization, verified as AWS does it."""

import datetime as dt
import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote

import httpx
import pytest
from botocore import auth as botocore_auth

from chartcode.client import ApiClient, ApiError
from frontend.signing import IamAuth

URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod"
# The key of AWS's own examples.
KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})")


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sent():
    return []


@pytest.fixture
def transport(sent):
    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    return httpx.MockTransport(handler)


@pytest.fixture
def connect(transport):
    return lambda: ApiClient(URL, transport=transport, auth=IamAuth())


def encoded(text):
    return quote(text, safe="-_.~")


def expected_signature(request: httpx.Request) -> str:
    """Return the signature that the documentation of Signature Version 4 asks for, of a request on the wire."""
    _, scope, names, _ = AUTHORIZATION.fullmatch(request.headers["authorization"]).groups()
    path, _, query = request.url.raw_path.decode().partition("?")
    # A plus is a plus here, not a space.
    pairs = sorted((encoded(k), encoded(v)) for k, v in parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
    canonical = "\n".join(
        [
            request.method,
            "/".join(encoded(part) for part in path.split("/")),
            "&".join(f"{key}={value}" for key, value in pairs),
            *(f"{name}:{request.headers[name]}" for name in names.split(";")),
            "",
            names,
            hashlib.sha256(request.content).hexdigest(),
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, digest])
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.model(),
        lambda api: api.code("E11/22 é"),
        lambda api: api.search("ckd 3+ é/x&limit=1", limit=5),
        lambda api: api.code_note("Assessment: HTN, Müller"),
        lambda api: api.export_reviews(),
    ],
)
def test_aws_would_find_the_signature_that_was_sent(connect, sent, call):
    call(connect())
    (request,) = sent
    key_id, scope, names, signature = AUTHORIZATION.fullmatch(request.headers["authorization"]).groups()
    assert signature == expected_signature(request)
    assert key_id == KEY_ID
    assert scope.split("/")[1:] == ["eu-central-1", "execute-api", "aws4_request"]
    assert {"host", "x-amz-date"} <= set(names.split(";")) <= {"host", "x-amz-date", "content-type"}


def test_a_body_that_is_read_piece_by_piece_is_signed_as_a_whole(transport, sent):
    httpx.Client(transport=transport, auth=IamAuth()).post(URL, content=iter([b"Assessment: ", b"HTN"]))
    assert f"Signature={expected_signature(sent[0])}" in sent[0].headers["authorization"]


def test_the_signature_of_a_fixed_request_is_fixed(connect, sent, monkeypatch):
    noon = dt.datetime(2026, 4, 1, 12, 0, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(botocore_auth, "get_current_datetime", lambda: noon)
    connect().search("ckd 3", limit=5)
    (request,) = sent
    assert request.url.raw_path == b"/prod/v1/codes?q=ckd%203&limit=5"
    assert request.headers["x-amz-date"] == "20260401T120000Z"
    assert request.headers["authorization"].endswith(
        "Signature=7391ef6ed61d141b72ad17705e95aab3ab46e9deaa81554e1f952ba6e972da1a"
    )


def test_the_token_of_a_role_is_sent_and_signed(connect, sent, monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    connect().model()
    (request,) = sent
    assert request.headers["x-amz-security-token"] == "token"
    assert "x-amz-security-token" in AUTHORIZATION.fullmatch(request.headers["authorization"])[3]


@pytest.mark.parametrize("missing", [["AWS_DEFAULT_REGION"], ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]])
def test_without_credentials_or_region_it_says_what_to_set(monkeypatch, tmp_path, missing):
    for name in missing:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(ApiError, match="AWS_PROFILE and AWS_DEFAULT_REGION"):
        IamAuth()
