import json
import os
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

os.environ.update(
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    POWERTOOLS_TRACE_DISABLED="1",
    POWERTOOLS_METRICS_NAMESPACE="Chartcode",
    POWERTOOLS_SERVICE_NAME="tests",
    RESULTS_BUCKET="results",
    CLAIMS_TABLE="claims",
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
    """The results bucket, the claims table and the state machine, in moto."""
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="results")
        boto3.client("dynamodb").create_table(
            TableName="claims",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield s3
