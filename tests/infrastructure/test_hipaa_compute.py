"""Functions and the roles that they act with."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
FUNCTION = "AWS::Lambda::Function"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::ManagedPolicy"
SECRET_WORDS = ("KEY_ID", "SECRET_ACCESS", "PASSWORD", "TOKEN")


@control("312(b)", FUNCTION, only="prod", breaks=("PredictFunction", "ReservedConcurrentExecutions"))
def test_HIPAA_Security_LambdaConcurrency(template):
    limits = [each["ReservedConcurrentExecutions"] for each in template.of(FUNCTION).values()]
    assert sum(limits) <= 900  # Lambda keeps 100 of an account's 1,000 unreserved


@control("312(b)", FUNCTION, "AWS::Lambda::EventInvokeConfig", breaks=("PublishResultsAsyncCalls", "DestinationConfig"))
def test_HIPAA_Security_LambdaDLQ(template):
    for name, function in template.held_to("HIPAA.Security-LambdaDLQ", FUNCTION):
        destinations = [
            each["DestinationConfig"]["OnFailure"]["Destination"]
            for each in template.of("AWS::Lambda::EventInvokeConfig").values()
            if each["FunctionName"] == {"Ref": name}
        ]
        assert function.get("DeadLetterConfig") or destinations, name


@control(
    "308(a)(3)(i), 312(a)(1)",
    FUNCTION,
    "AWS::Lambda::Permission",
    breaks=("ApiFunctionCodeNotePermission", "Principal", "*"),
)
def test_HIPAA_Security_LambdaFunctionPublicAccessProhibited(template):
    assert not any(each["Type"] == "AWS::Lambda::Url" for each in template.resources.values())
    for name, permission in template.of("AWS::Lambda::Permission").items():
        assert permission["Principal"].endswith(".amazonaws.com"), name


@control("308(a)(3)(i), 312(a)(1)", "AWS::Lambda::Permission", breaks=("ApiFunctionCodeNotePermission", "SourceArn"))
def test_CKV_AWS_364(template):
    """A service may call a function for one source only."""
    for name, permission in template.of("AWS::Lambda::Permission").items():
        assert permission["SourceArn"], name


@control("312(e)(1)", FUNCTION, only="prod", breaks=("ReviewsFunction", "VpcConfig"))
def test_HIPAA_Security_LambdaInsideVPC(template):
    for name, function in template.of(FUNCTION).items():
        assert function["VpcConfig"]["SubnetIds"] == [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}], name


@control("312(a)(2)(iv)", FUNCTION, breaks=("ApiFunction", "KmsKeyArn"))
def test_CKV_AWS_173(template):
    """Environment variables are encrypted with the key of the stack."""
    for name, function in template.of(FUNCTION).items():
        assert function["KmsKeyArn"] == KEY, name


@control("312(a)(1)", FUNCTION, breaks=("ApiFunction", "Environment.Variables.AWS_SECRET_ACCESS_KEY", "s3cr3t"))
def test_CKV_AWS_45(template):
    """No secret stands in an environment variable."""
    for name, function in template.of(FUNCTION).items():
        assert not any(word in each for each in function["Environment"]["Variables"] for word in SECRET_WORDS), name


@control("312(b)", FUNCTION, breaks=[("PlanBatchFunction", "Timeout"), ("PlanBatchFunction", "MemorySize")])
def test_Serverless_LambdaExplicitMemoryAndTimeout(template):
    for name, function in template.of(FUNCTION).items():
        assert function.get("MemorySize"), name
        assert function.get("Timeout"), name


@control("308(a)(5)(ii)(B)", FUNCTION, breaks=("PredictFunction", "Runtime", "python3.9"))
def test_Serverless_LambdaLatestRuntime(template):
    for name, function in template.of(FUNCTION).items():
        assert function["Runtime"] == "python3.13", name


@control("312(b)", FUNCTION, breaks=("PredictFunction", "TracingConfig", {"Mode": "PassThrough"}))
def test_Serverless_LambdaTracing(template):
    for name, function in template.of(FUNCTION).items():
        assert function["TracingConfig"] == {"Mode": "Active"}, name
        variables = function["Environment"]["Variables"]
        # Responses and errors could quote a note.
        assert variables["POWERTOOLS_TRACER_CAPTURE_RESPONSE"] == "false", name
        assert variables["POWERTOOLS_TRACER_CAPTURE_ERROR"] == "false", name


@control(
    "312(b)",
    "AWS::Lambda::EventSourceMapping",
    breaks=("StartBatchFunctionUploads", "FunctionResponseTypes"),
)
def test_Serverless_LambdaEventSourceMappingDestination(template):
    """What of a batch of messages failed, and only that, goes back to the queue, whose dead-letter queue ends it."""
    for name, mapping in template.of("AWS::Lambda::EventSourceMapping").items():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        (queue, _) = mapping["EventSourceArn"]["Fn::GetAtt"]
        assert template.resources[queue]["Properties"]["RedrivePolicy"], name


@control(
    "308(a)(3)(i), 308(a)(4)(ii)(B)",
    ROLE,
    breaks=[("GlueRole", "Policies", [{"PolicyName": "inline"}]), ("Inline", "", {"Type": "AWS::IAM::Policy"})],
)
def test_HIPAA_Security_IAMNoInlinePolicy(template):
    for name, role in template.of(ROLE).items():
        assert not role.get("Policies"), name
    assert not any(each["Type"] == "AWS::IAM::Policy" for each in template.resources.values())


@control(
    "308(a)(3)(i), 308(a)(4)(ii)(B), 312(a)(1)",
    POLICY,
    breaks=("GluePolicy", "PolicyDocument.Statement.0", {"Effect": "Allow", "Action": ["*"], "Resource": "*"}),
)
def test_HIPAA_Security_IAMPolicyNoStatementsWithAdminAccess(template):
    for name, policy in template.of(POLICY).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert "*" not in statement["Action"], name


@control(
    "308(a)(3)(i), 308(a)(4)(ii)(B), 312(a)(1)",
    POLICY,
    breaks=("BatchesPolicy", "PolicyDocument.Statement.0.Action", ["s3:*"]),
)
def test_HIPAA_Security_IAMPolicyNoStatementsWithFullAccess(template):
    for name, policy in template.of(POLICY).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not any(action.endswith("*") for action in statement["Action"]), name


@control(
    "308(a)(3)(i), 312(a)(1)", ROLE, breaks=("GlueRole", "AssumeRolePolicyDocument.Statement.0.Principal", {"AWS": "*"})
)
def test_CKV_AWS_60(template):
    """Only a service of AWS takes a role; nobody else, in this account or another."""
    for name, role in template.of(ROLE).items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            assert set(statement["Principal"]) == {"Service"}, name


@control(
    "308(a)(3)(i)",
    "AWS::IAM::User",
    breaks=("SomeUser", "", {"Type": "AWS::IAM::User"}),
)
def test_HIPAA_Security_IAMUserNoPolicies(template):
    """There are no users and groups: people come with roles of their organization."""
    kinds = {each["Type"] for each in template.resources.values()}
    assert not kinds & {"AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::AccessKey", "AWS::IAM::UserToGroupAddition"}
