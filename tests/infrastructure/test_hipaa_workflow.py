"""The state machine and the Glue jobs."""
# ruff: noqa: N802 (tests bear the ids of their rules)

import json

from tests.infrastructure.control import control
from tests.infrastructure.sam import ROOT

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
MACHINE = "AWS::StepFunctions::StateMachine"
JOB = "AWS::Glue::Job"
CONFIGURATION = "AWS::Glue::SecurityConfiguration"


@control("312(b)", MACHINE, breaks=("CodeNotesStateMachine", "TracingConfiguration.Enabled", False))
def test_Serverless_StepFunctionStateMachineXray(template):
    for name, machine in template.of(MACHINE).items():
        assert machine["TracingConfiguration"]["Enabled"] is True, name


@control("312(b)", MACHINE, breaks=("CodeNotesStateMachine", "LoggingConfiguration.Level", "ERROR"))
def test_Serverless_StepFunctionStateMachineAllLogsToCloudWatch(template):
    for name, machine in template.of(MACHINE).items():
        assert machine["LoggingConfiguration"]["Level"] == "ALL", name
        assert machine["LoggingConfiguration"]["Destinations"], name


@control(
    "312(a)(1), 312(b)", MACHINE, breaks=("CodeNotesStateMachine", "LoggingConfiguration.IncludeExecutionData", True)
)
def test_Chartcode_StateMachineLogsNoData(template):
    for name, machine in template.of(MACHINE).items():
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False, name


@control("312(a)(2)(iv)", MACHINE, breaks=("CodeNotesStateMachine", "DefinitionSubstitutions.PredictFunctionArn", "x"))
def test_Chartcode_StateHoldsKeysNotNotes(template):
    """Step Functions keeps inputs for 90 days: they hold keys of S3 objects, and no state reads a note's text."""
    definition = json.loads((ROOT / "statemachine" / "code_notes.asl.json").read_text())
    assert "$.text" not in json.dumps(definition)
    (machine,) = template.of(MACHINE).values()
    assert machine["DefinitionSubstitutions"]["PredictFunctionArn"] == {"Ref": "PredictFunctionAliaslive"}


@control("312(a)(2)(iv)", JOB, breaks=("PrepareNotesJob", "SecurityConfiguration"))
def test_CKV_AWS_195(template):
    """Each Glue job uses the security configuration."""
    for name, job in template.of(JOB).items():
        assert job["SecurityConfiguration"] == {"Ref": "GlueSecurity"}, name


@control(
    "312(a)(2)(iv)",
    CONFIGURATION,
    breaks=[
        ("GlueSecurity", "EncryptionConfiguration.S3Encryptions.0.S3EncryptionMode", "DISABLED"),
        ("GlueSecurity", "EncryptionConfiguration.CloudWatchEncryption.CloudWatchEncryptionMode", "DISABLED"),
        ("GlueSecurity", "EncryptionConfiguration.JobBookmarksEncryption"),
    ],
)
def test_CKV_AWS_99(template):
    """What Glue writes - data, logs, bookmarks - is encrypted."""
    for name, each in template.of(CONFIGURATION).items():
        encryption = each["EncryptionConfiguration"]
        assert encryption["S3Encryptions"] == [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": KEY}], name
        assert encryption["CloudWatchEncryption"]["CloudWatchEncryptionMode"] == "SSE-KMS", name
        assert encryption["JobBookmarksEncryption"]["JobBookmarksEncryptionMode"] == "CSE-KMS", name


@control("312(b)", JOB, breaks=[("CodeNotesJob", "DefaultArguments.--enable-continuous-cloudwatch-log")])
def test_Chartcode_GlueLogsAndMetrics(template):
    for name, job in template.of(JOB).items():
        assert job["DefaultArguments"]["--enable-continuous-cloudwatch-log"] == "true", name
        assert job["DefaultArguments"]["--enable-metrics"] == "true", name


@control("308(a)(5)(ii)(B)", JOB, breaks=("CodeNotesJob", "GlueVersion", "3.0"))
def test_Chartcode_GlueLatestVersion(template):
    for name, job in template.of(JOB).items():
        assert job["GlueVersion"] == "5.1", name
