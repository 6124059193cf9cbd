"""Any request: it is read, or refused with a problem that is documented and repeats nothing of it."""

import base64
import json

import pytest
from api.requests import SearchQuery, read
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from batches.messages import BatchRequest
from chartcode_aws import rest
from chartcode_aws.problems import Problem
from comprehend_medical import requests as comprehend
from comprehend_medical.errors import ServiceError
from hypothesis import given
from hypothesis import strategies as st
from reviews.messages import ReviewRequest

from tests.fuzz.cases import CANARY, case, fuzz, surrogates, texts

KEYS = ["text", "id", "age", "sex", "candidates", "name", "files", "engine", "note_id", "reviewer", "decisions", "code"]
KEYS += [
    "S3Bucket",
    "S3Key",
    "JobStatus",
    "action",
    "replacement",
    "evidence",
    "begin",
    "end",
    "probability",
    "route",
    CANARY,
]
FIELDS = ["Text", "InputDataConfig", "OutputDataConfig", "DataAccessRoleArn", "LanguageCode", "Filter", "MaxResults"]
SCALARS = st.one_of(
    st.just(CANARY),
    st.just(f"{CANARY}.txt"),
    texts.map(CANARY.__add__),
    surrogates,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["accept", "I10", "F", "glue", "a.txt"]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)
MEDIA_TYPES = st.sampled_from(
    ["application/json", "text/plain", "text/plain; charset=latin-1", "Application/JSON ;x", "", CANARY, "a/b", None]
)
BODIES = st.one_of(
    JSON.map(json.dumps), JSON.map(lambda value: json.dumps(value)[:-1]), texts.map(CANARY.__add__), st.just(None)
)


def event(body, media_type, encoded):
    if encoded and body is not None:
        body = base64.b64encode(body.encode("utf-8", "surrogatepass")).decode()
    return APIGatewayProxyEvent(
        {
            "headers": {"Content-Type": media_type} if media_type is not None else {},
            "body": body,
            "isBase64Encoded": encoded,
        }
    )


def refused(target, reader, *arguments, statuses):
    """Read a request; a refusal is documented and holds nothing of what was sent."""
    with case(target):
        try:
            return reader(*arguments)
        except (Problem, ServiceError) as refusal:
            assert refusal.status in statuses
            assert CANARY not in repr(vars(refusal)) + str(refusal)
            assert refusal.__cause__ is None
    return None


@fuzz
@given(BODIES, MEDIA_TYPES, st.booleans())
def test_a_note_to_code(body, media_type, encoded):
    request = refused("POST /v1/codes", read, event(body, media_type, encoded), statuses={400, 413, 415, 422})
    if request is not None and rest.media_type(event(body, media_type, False)) == "text/plain":
        assert request.text == (body or "")


@fuzz
@given(st.binary(max_size=60) | st.text(max_size=60), st.sampled_from(["application/json", "text/plain"]))
def test_a_body_that_is_no_base64(body, media_type):
    body = body if isinstance(body, str) else base64.b64encode(body).decode()
    sent = APIGatewayProxyEvent({"headers": {"content-type": media_type}, "body": body, "isBase64Encoded": True})
    refused("POST /v1/codes, base64", read, sent, statuses={400, 422})


@pytest.mark.parametrize("model", [ReviewRequest, BatchRequest])
@fuzz
@given(BODIES, MEDIA_TYPES, st.booleans())
def test_a_request_in_json(model, body, media_type, encoded):
    sent = event(body, media_type, encoded)
    refused(model.__name__, rest.read_json, model, sent, statuses={400, 413, 415, 422})


@fuzz
@given(
    st.dictionaries(st.sampled_from(["q", "limit", CANARY]), st.one_of(texts, st.just(CANARY), st.just("7")))
    | st.none()
)
def test_a_search(parameters):
    sent = APIGatewayProxyEvent({"headers": {}, "queryStringParameters": parameters})
    refused("GET /v1/codes", rest.read_query, SearchQuery, sent, statuses={422})


@pytest.mark.parametrize("model", [comprehend.Infer, comprehend.StartJob, comprehend.ListJobs])
@fuzz
@given(st.dictionaries(st.sampled_from([*FIELDS, CANARY]), JSON, max_size=5) | JSON)
def test_a_request_of_comprehend_medical(model, fields):
    def read(body):
        return comprehend.parse(model, comprehend.read(body))

    refused(f"Comprehend Medical, {model.__name__}", read, json.dumps(fields).encode(), statuses={400})
