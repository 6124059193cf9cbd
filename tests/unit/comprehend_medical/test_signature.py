import copy
import datetime as dt
import json

import boto3
import pytest
from comprehend_medical import app


@pytest.fixture
def signed(client, service):
    """A signed request, as an event."""
    client.list_icd10_cm_inference_jobs()
    return service.events.pop()


def error(service, event):
    answer = service.handle(event)
    fields = json.loads(answer["body"])
    return answer["statusCode"], fields.get("__type")


def test_it_is_taken(signed, service):
    assert error(service, signed) == (200, None)


@pytest.mark.parametrize(
    "url",
    [
        "https://abc.execute-api.us-east-1.amazonaws.com/dev/",
        "https://codes.example.org",
        "https://codes.example.org/coding",
        "http://127.0.0.1:4566/restapis/abc/dev/_user_request_",
    ],
)
def test_it_is_taken_wherever_the_api_is(service, url):
    assert service.client(url=url).list_icd10_cm_inference_jobs()


def test_other_keys_are_not_taken(service):
    with pytest.raises(Exception, match="UnrecognizedClientException"):
        service.client(key="other").list_icd10_cm_inference_jobs()
    with pytest.raises(Exception, match="InvalidSignatureException"):
        service.client(signs_with="other").list_icd10_cm_inference_jobs()
    assert {answer["statusCode"] for answer in service.answers} == {403}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", '{"MaxResults": 1}'),
        ("X-Amz-Target", "ComprehendMedical_20181030.InferICD10CM"),
        ("Host", "elsewhere.example.org"),
        ("Content-Type", "text/plain"),
    ],
)
def test_what_was_signed_cannot_be_changed(signed, service, field, value):
    place = signed if field == "body" else signed["headers"]
    assert place[field] != value
    place[field] = value
    assert error(service, signed) == (403, "InvalidSignatureException")


def authorization(signed, change):
    event = copy.deepcopy(signed)
    event["headers"]["Authorization"] = change(event["headers"]["Authorization"])
    return event


def test_a_request_must_be_signed_whole_and_for_this_service(signed, service):
    assert error(service, authorization(signed, lambda _: None)) == (403, "MissingAuthenticationTokenException")
    assert error(service, authorization(signed, lambda _: "Bearer x")) == (403, "IncompleteSignatureException")
    for old, new in ((";x-amz-target", ""), ("/comprehendmedical/", "/s3/")):
        changed = authorization(signed, lambda value, old=old, new=new: value.replace(old, new))
        assert changed != signed
        assert error(service, changed) == (403, "InvalidSignatureException")


@pytest.mark.parametrize(("minutes", "status"), [(-6, 403), (-4, 200), (4, 200), (6, 403)])
def test_a_signature_is_good_for_five_minutes(service, monkeypatch, minutes, status):
    now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda **_: now.replace(tzinfo=None))
    client = service.client()
    if status == 403:
        with pytest.raises(client.exceptions.ClientError, match="expired or not yet current"):
            client.list_icd10_cm_inference_jobs()
    else:
        client.list_icd10_cm_inference_jobs()
    assert service.answers[-1]["statusCode"] == status


def test_the_hash_that_a_header_claims_must_be_the_bodys(service):
    """Botocore signs what ``x-amz-content-sha256`` says instead of the body."""
    client = service.client()

    def claim(request, **_):
        request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"

    client.meta.events.register("before-sign.comprehendmedical", claim)
    with pytest.raises(client.exceptions.ClientError, match="not the hash of the body"):
        client.list_icd10_cm_inference_jobs()


def test_a_rotated_credential_is_taken_at_once_and_looked_up_once_a_minute(client, service, monkeypatch):
    client.list_icd10_cm_inference_jobs()
    fetched = []
    fetch = app.credentials._fetch
    monkeypatch.setattr(app.credentials, "_fetch", lambda **how: fetched.append(how["force"]) or fetch(**how))
    rotated = json.dumps({"access_key_id": "chartcode", "secret_access_key": "newer"})
    boto3.client("secretsmanager").put_secret_value(SecretId="comprehend", SecretString=rotated)
    service.client(signs_with="newer").list_icd10_cm_inference_jobs()
    for _ in range(3):
        with pytest.raises(client.exceptions.ClientError, match="InvalidSignatureException"):
            client.list_icd10_cm_inference_jobs()
    assert fetched.count(True) == 1


def test_without_the_secret_the_service_is_unavailable(client):
    boto3.client("secretsmanager").delete_secret(SecretId="comprehend", ForceDeleteWithoutRecovery=True)
    with pytest.raises(client.exceptions.ServiceUnavailableException):
        client.list_icd10_cm_inference_jobs()
