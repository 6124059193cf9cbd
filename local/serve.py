"""``chartcode serve``: the REST API on one port, without the emulator: the template's routes, tables and handlers.

S3, DynamoDB and Secrets Manager are moto's, in this process, and forget all when it ends. Batches need Step Functions
and Spark: they are answered with 501.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

from local.gateway import FUNCTIONS, Gateway, Server, template
from local.settings import REGION

TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
# Callers of the Comprehend Medical operations sign with this access key ID, and the API key, or else this again.
CREDENTIAL = "chartcode"


def physical_name(logical_id: str) -> str:
    """Return the name of a resource, or the value of a parameter, that a function's environment refers to."""
    parameter = template()["Parameters"].get(logical_id)
    return str(parameter["Default"]) if parameter else logical_id.lower()


def environment(endpoint: str) -> dict[str, str]:
    """Return the environment of the handlers, which reach moto only."""
    resources = template()["Resources"]
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = [resources[function]["Properties"]["Environment"]["Variables"] for function in FUNCTIONS]
    variables = {name: value for each in (shared, *own) for name, value in each.items()}
    return {
        **{name: value if isinstance(value, str) else physical_name(value["Ref"]) for name, value in variables.items()},
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LOG_LEVEL": "WARNING",
        "POWERTOOLS_SERVICE_NAME": "serve",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


def create_resources(key: str) -> None:
    """Create the template's buckets, tables and credential in moto."""
    for name, resource in template()["Resources"].items():
        if resource["Type"] == "AWS::S3::Bucket":
            boto3.client("s3").create_bucket(Bucket=physical_name(name))
        elif resource["Type"] == "AWS::DynamoDB::Table":
            given = {key: value for key, value in resource["Properties"].items() if key in TABLE_PROPERTIES}
            boto3.client("dynamodb").create_table(TableName=physical_name(name), **given)
    credential = {"access_key_id": CREDENTIAL, "secret_access_key": key or CREDENTIAL}
    secret = os.environ["COMPREHEND_SECRET"]
    boto3.client("secretsmanager").create_secret(Name=secret, SecretString=json.dumps(credential))


@contextmanager
def cloud(key: str) -> Iterator[None]:
    """Run moto, and let the handlers of this process reach nothing else: no note may end in somebody's account."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        os.environ.update(environment(f"http://{host}:{port}"))
        create_resources(key)
        yield
    finally:
        moto.stop()


def serve(host: str, port: int, key: str) -> None:
    """Serve the API until Ctrl-C."""
    gateway = Gateway(key)
    with Server((host, port), gateway) as server, cloud(key):
        gateway.handler("ApiFunction")
        print(f"Chartcode answers at http://{host}:{server.server_port} (OpenAPI: /openapi.json). Ctrl-C stops it.")
        print(
            "Callers send the API key as x-api-key." if key else "No API key is asked for; only this machine can call."
        )
        signed_with = "the API key" if key else CREDENTIAL
        print(f"Comprehend Medical clients sign with access key ID {CREDENTIAL} and secret access key {signed_with}.")
        print("Reviews are kept in memory. Batches need `make run`.", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("Stopped.")
