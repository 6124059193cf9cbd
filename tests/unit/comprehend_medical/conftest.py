"""The real boto3 client, whose requests go to the handler as API Gateway would hand them over."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:code-notes"
os.environ.update(
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    POWERTOOLS_TRACE_DISABLED="1",
    POWERTOOLS_METRICS_NAMESPACE="Chartcode",
    POWERTOOLS_SERVICE_NAME="tests",
    STATE_MACHINE_ARN=MACHINE,
    RESULTS_BUCKET="results",
    NOTES_BUCKET="notes",
    BATCHES_TABLE="batches",
    AUDIT_TABLE="audit",
    AUDIT_RETENTION_DAYS="2192",
    RESULT_RETENTION_DAYS="30",
    COMPREHEND_SECRET="comprehend",
    PUBLISH_RESULTS_FUNCTION="publish",
)
os.environ.pop("AWS_ENDPOINT_URL", None)

SECRET = {"access_key_id": "chartcode", "secret_access_key": "s3cret"}
CONTEXT = SimpleNamespace(
    function_name="tests",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:tests",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 29_000,
)


def event_of(method, url, headers, body):
    """Return a request as API Gateway hands it to the function."""
    place = urlsplit(url)
    text = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    return {
        "httpMethod": method,
        "path": "/",
        "headers": {"Host": place.netloc, **text},
        "requestContext": {
            "path": place.path,
            "stage": "dev",
            "apiId": "abc",
            "accountId": "123456789012",
            "requestId": "r-1",
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


class Service:
    """The handler behind a boto3 client; it keeps what went over the wire."""

    def __init__(self):
        self.events, self.answers = [], []

    def client(self, key="chartcode", signs_with="s3cret", url="https://abc.execute-api.us-east-1.amazonaws.com/dev"):
        client = boto3.client(
            "comprehendmedical",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=signs_with,
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )
        client.meta.events.register("before-send.comprehendmedical", self.send)
        return client

    def send(self, request, **_):
        answer = self.handle(event_of(request.method, request.url, request.headers, request.body))
        raw = SimpleNamespace(stream=lambda **_: iter([answer["body"].encode()]))
        return AWSResponse(request.url, answer["statusCode"], answer["headers"], raw)

    def handle(self, event):
        from comprehend_medical.app import lambda_handler

        self.events.append(event)
        self.answers.append(lambda_handler(event, CONTEXT))
        return self.answers[-1]


@pytest.fixture
def cloud(monkeypatch):
    """What the function reaches, in moto; `invoked` holds the payloads of the functions that were invoked."""
    with mock_aws():
        parameters.clear_caches()
        s3 = boto3.client("s3")
        for bucket in ("notes", "results"):
            s3.create_bucket(Bucket=bucket)
        boto3.client("secretsmanager").create_secret(Name="comprehend", SecretString=json.dumps(SECRET))
        resources = yaml_parse(TEMPLATE.read_text())["Resources"]
        for name in ("batches", "audit"):
            table = resources[f"{name.capitalize()}Table"]["Properties"]
            wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
            boto3.client("dynamodb").create_table(TableName=name, **{key: table[key] for key in wanted})
        states = boto3.client("stepfunctions")
        definition = {"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}
        role = "arn:aws:iam::123456789012:role/states"
        states.create_state_machine(name="code-notes", definition=json.dumps(definition), roleArn=role)
        from comprehend_medical import app, credential, jobs

        monkeypatch.setattr(app, "credentials", credential.CredentialStore())
        invoked = []
        monkeypatch.setattr(jobs, "_lambda", lambda: SimpleNamespace(invoke=lambda **call: invoked.append(call)))
        yield SimpleNamespace(s3=s3, states=states, invoked=invoked)


@pytest.fixture
def service(cloud):
    return Service()


@pytest.fixture
def client(service):
    return service.client()


def problems(value, shape, place="answer"):
    """Return where `value`, as it came over the wire, is not what botocore's model says."""
    if shape.type_name == "structure":
        unknown = [f"{place}.{name}: unknown" for name in value.keys() - shape.members.keys()]
        missing = [f"{place}.{name}: missing" for name in set(shape.required_members) - value.keys()]
        known = [(name, each) for name, each in value.items() if name in shape.members]
        return unknown + missing + [p for n, v in known for p in problems(v, shape.members[n], f"{place}.{n}")]
    if shape.type_name == "list":
        return [p for i, each in enumerate(value) for p in problems(each, shape.member, f"{place}[{i}]")]
    kinds = {"string": (str,), "integer": (int,), "float": (float,), "timestamp": (int, float)}
    if type(value) not in kinds[shape.type_name]:
        return [f"{place}: {type(value).__name__} instead of {shape.type_name}"]
    if getattr(shape, "enum", []) and value not in shape.enum:
        return [f"{place}: {value} is none of {shape.enum}"]
    return []


@pytest.fixture
def check_shape(service, client):
    """Compare the last answer with the output of an operation in botocore's model."""

    def check(operation):
        shape = client.meta.service_model.operation_model(operation).output_shape
        assert problems(json.loads(service.answers[-1]["body"]), shape) == []

    return check
