"""One test a gap: MiniStack still has it, and the bridge closes it.

A test that fails on `plain` says that upstream has closed the gap: remove the bridge.
"""

import io
import json
import time
import uuid
import zipfile

import httpx
import pytest

ROLE = "arn:aws:iam::000000000000:role/tests"


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def deployed(emulator, resources):
    """Deploy a stack of `resources`; return its final status."""
    client, name = emulator.client("cloudformation"), unique("stack")
    try:
        client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Message"]
    for _ in range(100):
        status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            return status
        time.sleep(0.1)
    return "still in progress"


def executed(emulator, state, given):
    """Run a state machine of one state; return its description."""
    client = emulator.client("stepfunctions")
    definition = {"StartAt": "Only", "States": {"Only": {**state, "End": True}}}
    machine = client.create_state_machine(name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE)
    arn = machine["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
    for _ in range(300):
        described = client.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.1)
    return described


def job(emulator, script):
    """Create a Glue Spark job that runs `script`; return its name."""
    bucket, name = unique("jobs"), unique("job")
    emulator.client("s3").create_bucket(Bucket=bucket)
    emulator.client("s3").put_object(Bucket=bucket, Key="job.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py", "PythonVersion": "3"}
    emulator.client("glue").create_job(Name=name, Role=ROLE, GlueVersion="5.1", Command=command)
    return name


def job_run(emulator, script):
    """Run a script as a Glue job; return the ended run."""
    client, name = emulator.client("glue"), job(emulator, script)
    run = client.start_job_run(JobName=name)["JobRunId"]
    for _ in range(300):
        found = client.get_job_run(JobName=name, RunId=run)["JobRun"]
        if found["JobRunState"] not in ("STARTING", "RUNNING", "WAITING"):
            return found
        time.sleep(0.1)
    return found


def function(emulator, code):
    """Create a Lambda function from the source of its handler; return its name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", code)
    name = unique("function")
    emulator.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Timeout=10,
        Code={"ZipFile": content.getvalue()},
    )
    return name


def test_glue_jobs_really_run(plain, bridged):
    failing = "import sys\nsys.exit('this script fails')\n"
    assert job_run(plain, failing)["JobRunState"] == "SUCCEEDED"
    run = job_run(bridged, failing)
    assert run["JobRunState"] == "FAILED"
    assert "this script fails" in run["ErrorMessage"]


def test_glue_tasks_wait_for_the_job(plain, bridged):
    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}

    def run(emulator, script):
        return executed(emulator, {**state, "Parameters": {"JobName": job(emulator, script)}}, {})

    assert run(plain, "print('ok')")["status"] == "FAILED"
    ended = run(bridged, "print('ok')")
    assert json.loads(ended["output"])["JobRunState"] == "SUCCEEDED"
    assert run(bridged, "raise SystemExit(1)")["error"] == "States.TaskFailed"


def test_glue_security_configurations_are_deployed(plain, bridged):
    encryption = {"S3Encryptions": [{"S3EncryptionMode": "SSE-S3"}]}
    resource = {"Type": "AWS::Glue::SecurityConfiguration", "Properties": {"EncryptionConfiguration": encryption}}
    resource["Properties"]["Name"] = unique("security")
    assert "Unrecognized resource types" in deployed(plain, {"Security": resource})
    assert deployed(bridged, {"Security": resource}) == "CREATE_COMPLETE"


BATCHED = {
    "Type": "Map",
    "ItemsPath": "$.items",
    "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"batch_id.$": "$.id"}},
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Pass",
        "States": {"Pass": {"Type": "Pass", "End": True}},
    },
}


def test_distributed_maps_batch_their_items(plain, bridged):
    given = {"id": "b", "items": [1, 2, 3]}
    assert json.loads(executed(plain, BATCHED, given)["output"]) == [1, 2, 3]
    first, second = json.loads(executed(bridged, BATCHED, given)["output"])
    assert first == {"BatchInput": {"batch_id": "b"}, "Items": [1, 2]}
    assert second["Items"] == [3]


def test_distributed_maps_write_their_results(plain, bridged):
    for emulator, written in ((plain, False), (bridged, True)):
        bucket = unique("maps")
        emulator.client("s3").create_bucket(Bucket=bucket)
        place = {"Bucket": bucket, "Prefix": "map"}
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": place}
        output = json.loads(
            executed(emulator, {**BATCHED, "ResultWriter": writer}, {"id": "b", "items": [1]})["output"]
        )
        assert isinstance(output, dict) == written
        assert ("Contents" in emulator.client("s3").list_objects_v2(Bucket=bucket)) == written


def test_distributed_maps_start_no_more_children_than_a_laptop_bears(plain, bridged):
    def most(emulator):
        client, state = emulator.client("stepfunctions"), {**BATCHED, "MaxConcurrency": 10_000}
        arn = executed(emulator, state, {"id": "b", "items": [1]})["executionArn"]
        (run,) = client.list_map_runs(executionArn=arn)["mapRuns"]
        return client.describe_map_run(mapRunArn=run["mapRunArn"])["maxConcurrency"]

    assert most(plain) == 10_000
    assert most(bridged) < 1000


def test_events_of_objects_name_their_version(plain, bridged):
    def event(emulator):
        s3, sqs, bridge, name = (*map(emulator.client, ("s3", "sqs", "events")), unique("versions"))
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bridge.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.s3"]}))
        bridge.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        version = s3.put_object(Bucket=name, Key="note.txt", Body=b"Gout")["VersionId"]
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
        return json.loads(message["Body"])["detail"]["object"].get("version-id") == version

    assert not event(plain)
    assert event(bridged)


def test_lambda_errors_keep_their_type(plain, bridged):
    code = "class Busy(Exception): pass\n\ndef handler(event, context):\n    raise Busy('later')\n"

    def error_type(emulator):
        answer = emulator.client("lambda").invoke(FunctionName=function(emulator, code))
        return json.loads(answer["Payload"].read())["errorType"]

    assert error_type(plain) != "Busy"
    assert error_type(bridged) == "Busy"


def test_queues_collect_messages_for_a_window(plain, bridged):
    code = "def handler(event, context):\n    print('RECEIVED', len(event['Records']))\n"

    def received(emulator):
        sqs, name = emulator.client("sqs"), function(emulator, code)
        url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        emulator.client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=arn, BatchSize=100, MaximumBatchingWindowInSeconds=2
        )
        for number in range(12):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        sizes: list[int] = []
        deadline = time.monotonic() + 20
        while sum(sizes) < 12 and time.monotonic() < deadline:
            time.sleep(0.5)
            sizes = sizes_logged(emulator, name)
        return sizes

    assert len(received(plain)) > 1
    assert received(bridged) == [12]


def sizes_logged(emulator, name):
    logs = emulator.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    lines = [line for event in events for line in event["message"].splitlines()]
    return [int(line.split("RECEIVED")[1]) for line in lines if "RECEIVED" in line]


@pytest.fixture
def bucket():
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"}}
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": unique("bucket"),
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]},
            "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]},
        },
    }


def test_buckets_are_deployed_with_encryption_and_lifecycle(plain, bridged, bucket):
    name = bucket["Properties"]["BucketName"]
    for emulator in (plain, bridged):
        assert deployed(emulator, {"Bucket": bucket}) == "CREATE_COMPLETE"

    def algorithm(emulator):
        found = emulator.client("s3").get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        return found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]

    assert algorithm(plain) == "AES256"
    assert algorithm(bridged) == "aws:kms"
    (rule,) = bridged.client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert (rule["ID"], rule["Expiration"]) == ("old", {"Days": 30})
    s3 = plain.client("s3")
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=name)


def test_functions_are_told_which_api_key_was_used(plain, bridged):
    code = (
        "import json\n\ndef handler(event, context):\n"
        "    return {'statusCode': 200, 'body': json.dumps(event['requestContext']['identity'])}\n"
    )

    def identity(emulator):
        gateway, name = emulator.client("apigateway"), function(emulator, code)
        arn = emulator.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        api = gateway.create_rest_api(name=unique("api"))["id"]
        (root,) = gateway.get_resources(restApiId=api)["items"]
        place = {"restApiId": api, "resourceId": root["id"], "httpMethod": "GET"}
        gateway.put_method(**place, authorizationType="NONE", apiKeyRequired=True)
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
        gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
        gateway.create_deployment(restApiId=api, stageName="test")
        key = gateway.create_api_key(name=unique("key"), value=unique("a-key-of-20-characters"), enabled=True)
        plan = gateway.create_usage_plan(name=unique("plan"), apiStages=[{"apiId": api, "stage": "test"}])["id"]
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        url = f"{emulator.settings.endpoint}/restapis/{api}/test/_user_request_/"
        return httpx.get(url, headers={"x-api-key": key["value"]}, timeout=30).json(), key["id"]

    assert "apiKeyId" not in identity(plain)[0]
    told, key_id = identity(bridged)
    assert told["apiKeyId"] == key_id
