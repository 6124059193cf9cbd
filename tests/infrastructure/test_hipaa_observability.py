"""Logs, alarms, the audit trail."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
GROUP = "AWS::Logs::LogGroup"
ALARM = "AWS::CloudWatch::Alarm"
TRAIL = "AWS::CloudTrail::Trail"
FUNCTION = "AWS::Lambda::Function"


@control("312(a)(2)(iv)", GROUP, breaks=("ApiFunctionLogs", "KmsKeyId"))
def test_HIPAA_Security_CloudWatchLogGroupEncrypted(template):
    for name, group in template.of(GROUP).items():
        assert group["KmsKeyId"] == KEY, name


@control("312(b), 316(b)(2)(i)", GROUP, breaks=("CodeNotesLogs", "RetentionInDays"))
def test_HIPAA_Security_CloudWatchLogGroupRetentionPeriod(template):
    for name, group in template.of(GROUP).items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


@control("312(b)", GROUP, FUNCTION, breaks=[("PredictFunction", "LoggingConfig"), ("PredictFunctionLogs", "")])
def test_Serverless_CloudWatchLogGroup(template):
    """Every function, the API and the state machine write to a group of the template, not one that AWS makes up."""
    for name, function in template.of(FUNCTION).items():
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}Logs"}, name
        assert f"{name}Logs" in template.of(GROUP)
    assert {"ApiLogs", "CodeNotesLogs"} <= set(template.of(GROUP))


@control("312(b)", ALARM, breaks=("ApiErrorsAlarm", "AlarmActions", []))
def test_HIPAA_Security_CloudWatchAlarmAction(template):
    for name, alarm in template.of(ALARM).items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["AlarmDescription"], name


def watched(template):
    """Yield the metric and the resource of every alarm."""
    for alarm in template.of(ALARM).values():
        for dimension in alarm["Dimensions"]:
            value = dimension["Value"]
            yield alarm["MetricName"], value.get("Ref") or value["Fn::GetAtt"][0]


@control(
    "308(a)(6)(ii), 312(b)",
    ALARM,
    "AWS::Events::Rule",
    breaks=[
        ("PredictErrorsAlarm", ""),
        ("PredictThrottlesAlarm", ""),
        ("UploadDeadLetterAlarm", ""),
        ("PublishDeadLetterAlarm", ""),
        ("UploadQueueAgeAlarm", ""),
        ("ExecutionsFailedAlarm", ""),
        ("ApiLatencyAlarm", ""),
        ("GlueFailureRule", ""),
    ],
)
def test_Chartcode_FailuresRaiseAlarms(template):
    found = set(watched(template))
    for function in template.of(FUNCTION):
        assert {("Errors", function), ("Throttles", function)} <= found
    queues = template.of("AWS::SQS::Queue")
    for queue, properties in queues.items():
        dead = "RedrivePolicy" not in properties
        name = "ApproximateNumberOfMessagesVisible" if dead else "ApproximateAgeOfOldestMessage"
        assert (name, queue) in found
    for machine in template.of("AWS::StepFunctions::StateMachine"):
        assert {("ExecutionsFailed", machine), ("ExecutionsTimedOut", machine)} <= found
    assert {"5XXError", "Latency"} <= {metric for metric, _ in found}
    jobs = template.resources["GlueFailureRule"]["Properties"]["EventPattern"]["detail"]["jobName"]
    assert {each["Ref"] for each in jobs} == set(template.of("AWS::Glue::Job"))


@control("308(a)(6)(ii)", "AWS::SNS::Subscription", only="prod", breaks=("AlarmEmailSubscription", ""))
def test_Chartcode_AlarmsReachSomeone(template):
    (subscription,) = template.of("AWS::SNS::Subscription").values()
    assert subscription == {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}


@control("308(a)(1)(ii)(D), 312(b)", TRAIL, only="prod", breaks=("Trail", "CloudWatchLogsLogGroupArn"))
def test_HIPAA_Security_CloudTrailCloudWatchLogsEnabled(template):
    for name, trail in template.of(TRAIL).items():
        assert trail["CloudWatchLogsLogGroupArn"] == {"Fn::GetAtt": ["TrailLogs", "Arn"]}, name


@control("312(a)(2)(iv), 312(c)(2)", TRAIL, only="prod", breaks=("Trail", "KMSKeyId"))
def test_HIPAA_Security_CloudTrailEncryptionEnabled(template):
    for name, trail in template.of(TRAIL).items():
        assert trail["KMSKeyId"] == KEY, name


@control("312(c)(1), 312(c)(2)", TRAIL, only="prod", breaks=("Trail", "EnableLogFileValidation", False))
def test_HIPAA_Security_CloudTrailLogFileValidationEnabled(template):
    for name, trail in template.of(TRAIL).items():
        assert trail["EnableLogFileValidation"] is True, name
        assert trail["IsLogging"] is True, name


@control("312(b)", TRAIL, only="prod", breaks=("Trail", "AdvancedEventSelectors.1"))
def test_cloudtrail_s3_dataevents_enabled(template):
    """Every read and write of notes, results and tables is recorded."""
    (trail,) = template.of(TRAIL).values()
    fields = [{each["Field"]: each for each in one["FieldSelectors"]} for one in trail["AdvancedEventSelectors"]]
    data = {one["resources.type"]["Equals"][0]: str(one["resources.ARN"]) for one in fields if "resources.type" in one}
    assert all(f"{bucket}.Arn" in data["AWS::S3::Object"] for bucket in ("NotesBucket", "ResultsBucket"))
    assert all(f"'{table}'" in data["AWS::DynamoDB::Table"] for table in template.of("AWS::DynamoDB::Table"))


@control(
    "312(c)(1)",
    "AWS::S3::Bucket",
    only="prod",
    breaks=("TrailBucket", "ObjectLockConfiguration.Rule.DefaultRetention.Mode", "GOVERNANCE"),
)
def test_Chartcode_AuditRecordsCannotBeDeleted(template):
    lock = template.resources["TrailBucket"]["Properties"]["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": {"Ref": "AuditLockDays"}}
    assert template.resources["TrailBucket"]["DeletionPolicy"] == "Retain"


@control(
    "312(b), 312(c)(1)",
    "AWS::DynamoDB::Table",
    breaks=[
        ("AuditTable", "ResourcePolicy.PolicyDocument.Statement.0"),
        ("AuditTable", "ResourcePolicy.PolicyDocument.Statement.0.Action.1"),
        ("AuditTable", "DeletionProtectionEnabled", False),
    ],
)
def test_Chartcode_AuditTableIsAppendOnly(template):
    table = template.resources["AuditTable"]["Properties"]
    denied = {each["Sid"]: each for each in table["ResourcePolicy"]["PolicyDocument"]["Statement"]}["AppendOnly"]
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    names = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")
    assert set(denied["Action"]) == {f"dynamodb:{name}" for name in names}
    assert table["DeletionProtectionEnabled"] is True
