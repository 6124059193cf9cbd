"""The template as CloudFormation gets it: transformed by SAM, which adds the Lambda and IAM resources."""

import json
import os
from pathlib import Path

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"


class Policies:
    """The one AWS managed policy that SAM adds by name."""

    def load(self):
        return {
            "AWSXrayWriteOnlyAccess": "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
            "AWSXRayDaemonWriteAccess": "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess",
        }


@pytest.fixture(scope="module")
def resources():
    raw = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in raw["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if name in properties:
                properties[name] = "s3://bucket/key"
        if "DefinitionUri" in properties:
            properties["Definition"] = json.loads((ROOT / properties.pop("DefinitionUri")).read_text())
    return transform(raw, {}, Policies())["Resources"]


def of(resources, kind):
    found = {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}
    assert found
    return found


def policies_of(resources, bucket):
    for policy in of(resources, "AWS::S3::BucketPolicy").values():
        if policy["Bucket"] == {"Ref": bucket}:
            return policy["PolicyDocument"]["Statement"]
    return []


def test_every_bucket_is_encrypted_private_versioned_and_expires(resources):
    for name, bucket in of(resources, "AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert algorithm == ("AES256" if name == "AccessLogsBucket" else "aws:kms"), name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled", name
        assert bucket["LifecycleConfiguration"]["Rules"], name


def test_every_bucket_takes_tls_only(resources):
    for name in of(resources, "AWS::S3::Bucket"):
        denied = [s for s in policies_of(resources, name) if s["Effect"] == "Deny"]
        assert denied, name
        assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_buckets_of_notes_log_their_access(resources):
    for name, bucket in of(resources, "AWS::S3::Bucket").items():
        assert name == "AccessLogsBucket" or bucket["LoggingConfiguration"]["DestinationBucketName"]


def test_the_key_rotates(resources):
    (key,) = of(resources, "AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True


def test_queues_tables_bus_and_log_groups_are_encrypted(resources):
    key = {"Fn::GetAtt": ["Key", "Arn"]}
    for queue in of(resources, "AWS::SQS::Queue").values():
        assert queue["KmsMasterKeyId"] == key
    for table in of(resources, "AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["KMSMasterKeyId"] == key
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    for bus in of(resources, "AWS::Events::EventBus").values():
        assert bus["KmsKeyIdentifier"] == key
    for group in of(resources, "AWS::Logs::LogGroup").values():
        assert group["KmsKeyId"] == key
        assert group["RetentionInDays"]


def test_every_function_has_its_log_group_tracing_and_encrypted_environment(resources):
    groups = of(resources, "AWS::Logs::LogGroup")
    for name, function in of(resources, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}Logs"}
        assert f"{name}Logs" in groups
        assert function["TracingConfig"]["Mode"] == "Active"
        assert function["KmsKeyArn"]
        assert function["Timeout"]
        assert function["MemorySize"]


def test_no_role_has_an_inline_policy(resources):
    for name, role in of(resources, "AWS::IAM::Role").items():
        assert not role.get("Policies"), name
    assert not any(each["Type"] == "AWS::IAM::Policy" for each in resources.values())


# Actions that know no resource (Service Authorization Reference).
WITHOUT_RESOURCE = ("logs:", "xray:", "cloudwatch:PutMetricData")


def test_no_policy_allows_everything(resources):
    for name, policy in of(resources, "AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            assert not any(action.endswith("*") for action in actions), name
            if statement["Resource"] == "*":
                assert all(action.startswith(WITHOUT_RESOURCE) for action in actions), name


def test_the_upload_queue_has_a_dead_letter_queue_with_an_alarm(resources):
    queues = of(resources, "AWS::SQS::Queue")
    target = queues["UploadQueue"]["RedrivePolicy"]["deadLetterTargetArn"]
    assert target == {"Fn::GetAtt": ["UploadDeadLetterQueue", "Arn"]}
    (alarm,) = of(resources, "AWS::CloudWatch::Alarm").values()
    assert alarm["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["UploadDeadLetterQueue", "QueueName"]}
    mapping = next(iter(of(resources, "AWS::Lambda::EventSourceMapping").values()))
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    starter = of(resources, "AWS::Lambda::Function")["StartBatchFunction"]
    assert queues["UploadQueue"]["VisibilityTimeout"] >= 6 * starter["Timeout"] + 300


def test_the_api_wants_a_key_except_for_health_and_is_throttled(resources):
    (api,) = of(resources, "AWS::ApiGateway::RestApi").values()
    for path, methods in api["Body"]["paths"].items():
        for method in methods.values():
            wants_key = {"api_key": []} in method.get("security", [])
            assert wants_key == (not path.startswith("/health")), path
    (stage,) = of(resources, "AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] is True
    assert stage["AccessLogSetting"]["DestinationArn"]
    (settings,) = stage["MethodSettings"]
    assert settings["DataTraceEnabled"] is False  # it would log note text
    assert settings["ThrottlingRateLimit"]
    (plan,) = of(resources, "AWS::ApiGateway::UsagePlan").values()
    assert plan["Throttle"]["RateLimit"]


def test_the_state_machine_logs_no_data(resources):
    (machine,) = of(resources, "AWS::StepFunctions::StateMachine").values()
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"]["Enabled"] is True


def test_glue_is_glue_5_1_with_a_security_configuration(resources):
    for job in of(resources, "AWS::Glue::Job").values():
        assert job["GlueVersion"] == "5.1"
        assert job["SecurityConfiguration"] == {"Ref": "GlueSecurity"}
