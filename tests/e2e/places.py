"""All that the deployed stack keeps and says: logs, metrics, tables, histories, queues, objects."""

import json
import re

# Encrypted objects that are notes, or made of them.
HOMES = re.compile(
    r"batches/[^/]+/(prepared/shard-\d+\.jsonl|results/.+|quarantine/.+|duplicates/.+)|reviews/.+|exports/.+|jobs/.+"
)


def pages(client, operation, **arguments):
    return list(client.get_paginator(operation).paginate(**arguments))


def log_events(stack):
    logs = stack.client("logs")
    groups = [group["logGroupName"] for page in pages(logs, "describe_log_groups") for group in page["logGroups"]]
    return [(group, pages(logs, "filter_log_events", logGroupName=group)) for group in groups]


def process_logs(stack):
    return [path.read_text(errors="replace") for path in (stack.settings.state / "logs").glob("*.log")]


def metrics(stack):
    client = stack.client("cloudwatch")
    return pages(client, "list_metrics"), client.describe_alarms()


def tables(stack):
    client = stack.client("dynamodb")
    return [(name, pages(client, "scan", TableName=name)) for name in client.list_tables()["TableNames"]]


def executions(stack):
    """Input, output and history of every execution, those of Map runs included."""
    states, found = stack.states, []

    def describe(execution):
        arn = execution["executionArn"]
        found.append(states.describe_execution(executionArn=arn))
        found.extend(pages(states, "get_execution_history", executionArn=arn, includeExecutionData=True))

    for page in pages(states, "list_executions", stateMachineArn=stack.outputs["StateMachineArn"]):
        for execution in page["executions"]:
            describe(execution)
            for run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
                for children in pages(states, "list_executions", mapRunArn=run["mapRunArn"]):
                    for child in children["executions"]:
                        describe(child)
    return found


def job_runs(stack):
    client = stack.client("glue")
    return [client.get_job_runs(JobName=job["Name"])["JobRuns"] for job in client.get_jobs()["Jobs"]]


def messages(stack, url):
    client, found = stack.client("sqs"), []
    while some := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60).get("Messages"):
        found += some
    return found


def queues(stack):
    return [messages(stack, url) for url in stack.client("sqs").list_queues()["QueueUrls"]]


class Tap:
    """A queue that gets every event of the account's bus and of the stack's own."""

    def __init__(self, stack):
        self._stack = stack
        sqs, events = stack.client("sqs"), stack.client("events")
        self._url = sqs.create_queue(QueueName="tap")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for bus in ("default", stack.outputs["EventBusName"]):
            pattern = json.dumps({"source": [{"prefix": ""}]})
            events.put_rule(Name=f"tap-{bus}", EventBusName=bus, EventPattern=pattern)
            events.put_targets(Rule=f"tap-{bus}", EventBusName=bus, Targets=[{"Id": "tap", "Arn": arn}])

    def events(self):
        return messages(self._stack, self._url)


def objects(stack):
    """Every version of every object, as (bucket, key, content and metadata); deployment artefacts excepted."""
    for bucket in stack.s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        if name == "chartcode-artifacts":
            continue
        for page in pages(stack.s3, "list_object_versions", Bucket=name):
            for version in page.get("Versions", []):
                if not version["Key"].startswith("code/"):
                    found = stack.s3.get_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
                    yield name, version["Key"], found["Body"].read() + json.dumps(found["Metadata"]).encode()


def is_home(stack, bucket, key):
    """Return whether notes may lie in this object."""
    return bucket == stack.notes_bucket or (bucket == stack.results_bucket and bool(HOMES.fullmatch(key)))
