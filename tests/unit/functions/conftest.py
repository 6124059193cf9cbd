import json
import os
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

os.environ.update(
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    POWERTOOLS_TRACE_DISABLED="1",
    POWERTOOLS_METRICS_NAMESPACE="Chartcode",
    POWERTOOLS_SERVICE_NAME="tests",
    RESULTS_BUCKET="results",
    NOTES_BUCKET="notes",
    CLAIMS_TABLE="claims",
    BATCHES_TABLE="batches",
    REVIEWS_TABLE="reviews",
    AUDIT_TABLE="audit",
    AUDIT_RETENTION_DAYS="2192",
    RESULT_RETENTION_DAYS="365",
    STATE_MACHINE_ARN="arn:aws:states:us-east-1:123456789012:stateMachine:code-notes",
    GLUE_NOTE_THRESHOLD="3",
)
os.environ.pop("AWS_ENDPOINT_URL", None)

EVENTS = Path(__file__).parents[3] / "events"


@pytest.fixture
def event():
    """Read a sample event, and the answer expected to it."""

    def read(name):
        load = lambda path: json.loads((EVENTS / path).read_text())  # noqa: E731
        return load(f"{name}.json"), load(f"{name}.expected.json")

    return read


@pytest.fixture
def context():
    return SimpleNamespace(
        function_name="tests",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:tests",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: 30_000,
    )


@pytest.fixture
def aws():
    """The buckets and tables of the template, in moto."""
    resources = yaml_parse((EVENTS.parent / "template.yaml").read_text())["Resources"]
    with mock_aws():
        s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        for bucket in ("notes", "results"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for name in ("claims", "batches", "reviews", "audit"):
            table = resources[f"{name.capitalize()}Table"]["Properties"]
            wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
            dynamodb.create_table(TableName=name, **{key: table[key] for key in wanted if key in table})
        yield s3


@pytest.fixture
def rest(context):
    """Send a request to a handler as API Gateway does, and return status, headers and body."""

    def send(handler, method, path, body=None, query=None, **headers):
        sent = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        request = {
            "resource": path,
            "path": path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "queryStringParameters": query,
            "requestContext": {"stage": "dev", "path": f"/dev{path}", "requestId": "request-1"},
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
        }
        answer = handler(request, context)
        received = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return answer["statusCode"], received, json.loads(answer["body"])

    return send
