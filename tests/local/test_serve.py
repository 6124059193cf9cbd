"""``chartcode serve`` as a process of its own: every function that it serves, as its callers meet it."""

import os
import re
import subprocess
import sys

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from chartcode.client import ApiClient, ApiRefused
from local.settings import ROOT

TEXT = "ASSESSMENT:\n1. Essential hypertension.\nDenies chest pain."


@pytest.fixture(scope="module")
def url():
    # Whatever the caller's AWS settings are, nothing may go there.
    env = {**os.environ, "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9", "AWS_PROFILE": "prod"}
    command = [sys.executable, "-c", "from chartcode.cli import app; app()", "serve", "--port", "0", "--key", "k"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, "chartcode serve did not start"
        yield found.group()
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def api(url):
    return ApiClient(url, "k")


def test_a_note_is_coded_and_codes_are_found(api):
    assert [code["code"] for code in api.code_note(TEXT)["codes"]] == ["I10"]
    assert api.code_note_fhir(TEXT)["resourceType"] == "Bundle"
    assert api.search("HTN", 1)["codes"][0]["code"] == "I10"
    assert api.code("I10")["parent"] == "I10-I1A"
    assert len(api.chapters()["chapters"]) == 22


def test_reviews_are_kept_counted_and_exported(api):
    before = api.metrics()["accepted"]
    api.review("visit-1", "Ann", [{"code": "I10", "action": "accept"}], text=TEXT)
    assert api.reviews("visit-1")["reviews"][0]["reviewer"] == "Ann"
    assert api.metrics()["accepted"] == before + 1
    assert httpx.get(api.export_reviews()["url"]).json()["codes"] == ["I10"]


def test_a_client_of_comprehend_medical_is_answered(url):
    keys = {"aws_access_key_id": "chartcode", "aws_secret_access_key": "k", "region_name": "us-east-1"}
    client = boto3.client("comprehendmedical", endpoint_url=url, **keys)
    assert client.infer_icd10_cm(Text=TEXT)["Entities"][0]["ICD10CMConcepts"][0]["Code"] == "I10"
    with pytest.raises(ClientError, match="make run"):
        client.list_icd10_cm_inference_jobs()


def test_what_cannot_be_served_is_a_problem(api, url):
    with pytest.raises(ApiRefused, match="make run") as caught:
        api.create_batch(["a.txt"])
    assert caught.value.status == 501
    with pytest.raises(ApiRefused) as caught:
        ApiClient(url).model()
    assert caught.value.status == 403
    assert httpx.get(f"{url}/health/ready").json()["status"] == "UP"
    assert httpx.post(f"{url}/v1/codes", content=iter([b"x"]), headers={"x-api-key": "k"}).status_code == 411


def test_the_openapi_document_is_served(url):
    assert httpx.get(f"{url}/openapi.json").json()["paths"].keys() >= {"/v1/codes", "/v1/chapters", "/v1/reviews"}


@pytest.mark.parametrize("arguments", [["--host", "0.0.0.0"], ["--port", "99999"]])  # noqa: S104
def test_an_open_address_wants_a_key(arguments):
    command = [sys.executable, "-c", "from chartcode.cli import app; app()", "serve", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
