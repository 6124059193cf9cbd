"""Queues, events, topics: encrypted, over TLS only, with an end for what cannot be delivered."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
QUEUE = "AWS::SQS::Queue"


def dead_letter_queues(template):
    redriven = {
        each["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for each in template.of(QUEUE).values()
        if "RedrivePolicy" in each
    }
    failed = template.of("AWS::Lambda::EventInvokeConfig").values()
    return redriven | {each["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] for each in failed}


@control("312(a)(2)(iv)", QUEUE, breaks=("UploadQueue", "KmsMasterKeyId"))
def test_CKV_AWS_27(template):
    """Queues are encrypted with the key of the stack."""
    for name, queue in template.of(QUEUE).items():
        assert queue["KmsMasterKeyId"] == KEY, name


@control("312(b), 312(c)(1)", QUEUE, breaks=("UploadQueue", "RedrivePolicy"))
def test_Serverless_SQSRedrivePolicy(template):
    for name, queue in template.of(QUEUE).items():
        assert "RedrivePolicy" in queue or name in dead_letter_queues(template), name


@control(
    "312(e)(1)",
    QUEUE,
    "AWS::SQS::QueuePolicy",
    breaks=[("UploadQueuePolicy", "PolicyDocument.Statement.1"), ("PublishDeadLetterQueuePolicy", "")],
)
def test_Chartcode_SQSRequestsOverTlsOnly(template):
    closed = set()
    for policy in template.of("AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}:
                closed |= {each["Ref"] for each in policy["Queues"]}
            else:
                assert statement["Condition"]["ArnEquals"]["aws:SourceArn"], "who sends is named"
    assert closed == set(template.of(QUEUE))


@control("312(c)(1)", QUEUE, breaks=("UploadQueue", "VisibilityTimeout", 60))
def test_Chartcode_SQSVisibilityOutlastsTheFunction(template):
    (mapping,) = template.of("AWS::Lambda::EventSourceMapping").values()
    starter = template.resources[mapping["FunctionName"]["Ref"]]["Properties"]
    queue = template.resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * starter["Timeout"] + 300  # AWS's advice, plus the longest window


@control("312(a)(2)(iv)", "AWS::Events::EventBus", breaks=("EventBus", "KmsKeyIdentifier"))
def test_Chartcode_EventBusEncryptedKMS(template):
    for name, bus in template.of("AWS::Events::EventBus").items():
        assert bus["KmsKeyIdentifier"] == KEY, name


@control("312(b), 312(c)(1)", "AWS::Events::Rule", breaks=("UploadRule", "Targets.0.DeadLetterConfig"))
def test_Serverless_EventBusDLQ(template):
    """An event that starts work and can't be delivered is kept; alarms are told by other ways too."""
    for name, rule in template.of("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            assert "DeadLetterConfig" in target or target["Arn"] == {"Ref": "AlarmTopic"}, name


@control("312(b)", "AWS::Events::Rule", breaks=("GlueFailureRule", "Targets.0.InputTransformer"))
def test_Chartcode_NoDataInAlarms(template):
    """The message of a failed job can quote a note; what is sent on does not hold it."""
    (target,) = template.resources["GlueFailureRule"]["Properties"]["Targets"]
    paths = target["InputTransformer"]["InputPathsMap"].values()
    assert set(paths) == {"$.detail.jobName", "$.detail.jobRunId", "$.detail.state"}


@control("312(a)(2)(iv)", "AWS::SNS::Topic", breaks=("AlarmTopic", "KmsMasterKeyId"))
def test_HIPAA_Security_SNSEncryptedKMS(template):
    for name, topic in template.of("AWS::SNS::Topic").items():
        assert topic["KmsMasterKeyId"] == KEY, name


@control("312(e)(1)", "AWS::SNS::TopicPolicy", breaks=("AlarmTopicPolicy", "PolicyDocument.Statement.1"))
def test_Chartcode_SNSRequestsOverTlsOnly(template):
    allow, deny = template.statements("AWS::SNS::TopicPolicy")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
