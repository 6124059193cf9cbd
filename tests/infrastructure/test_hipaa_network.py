"""The isolated network."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

# What the code of functions and jobs calls, by the name in the endpoint's address.
NEEDED = {"s3", "dynamodb", "states", "lambda", "secretsmanager", "sqs", "events", "kms", "logs", "monitoring", "glue"}
NEEDED |= {"xray", "sts"}
GROUP = "AWS::EC2::SecurityGroup"


def services(template):
    found = template.of("AWS::EC2::VPCEndpoint").values()
    return {each["ServiceName"]["Fn::Sub"].rpartition(".")[2] for each in found}


@control(
    "312(e)(1)",
    "AWS::EC2::VPC",
    only="prod",
    breaks=[
        ("Gateway", "", {"Type": "AWS::EC2::InternetGateway"}),
        ("Route", "", {"Type": "AWS::EC2::Route", "Properties": {}}),
    ],
)
def test_HIPAA_Security_VPCNoUnrestrictedRouteToIGW(template):
    """There is no gateway to the internet, nor a route anywhere but to endpoints."""
    kinds = {each["Type"] for each in template.resources.values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::EIP"}
    assert "AWS::EC2::VPC" in kinds


@control("312(e)(1)", "AWS::EC2::Subnet", only="prod", breaks=("SubnetA", "MapPublicIpOnLaunch", True))
def test_HIPAA_Security_VPCSubnetAutoAssignPublicIpDisabled(template):
    for name, subnet in template.of("AWS::EC2::Subnet").items():
        assert subnet["MapPublicIpOnLaunch"] is False, name


@control("308(a)(3)(ii)(A), 312(b)", "AWS::EC2::FlowLog", only="prod", breaks=("FlowLog", "TrafficType", "REJECT"))
def test_HIPAA_Security_VPCFlowLogsEnabled(template):
    logs = template.of("AWS::EC2::FlowLog").values()
    logged = {each["ResourceId"]["Ref"] for each in logs if each["TrafficType"] == "ALL"}
    assert logged == set(template.of("AWS::EC2::VPC"))


@control(
    "312(e)(1)", "AWS::EC2::VPC", only="prod", breaks=("OtherVpc", "", {"Type": "AWS::EC2::VPC", "Properties": {}})
)
def test_HIPAA_Security_VPCDefaultSecurityGroupClosed(template):
    held = dict(template.held_to("HIPAA.Security-VPCDefaultSecurityGroupClosed", "AWS::EC2::VPC"))
    assert not held  # CloudFormation cannot close it: each VPC needs a reason


@control(
    "312(e)(1)",
    GROUP,
    only="prod",
    breaks=("EndpointSecurityGroup", "SecurityGroupIngress.0", {"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp"}),
)
def test_HIPAA_Security_EC2RestrictedCommonPorts(template):
    """Nothing comes in but HTTPS to endpoints, and Glue's workers to each other."""
    for name, group in template.of(GROUP).items():
        for rule in group.get("SecurityGroupIngress", []):
            assert rule["SourceSecurityGroupId"] == {"Ref": "WorkerSecurityGroup"}, name
            assert (rule["FromPort"], rule["ToPort"]) == (443, 443), name
    for name, rule in template.of("AWS::EC2::SecurityGroupIngress").items():
        assert rule["SourceSecurityGroupId"] == rule["GroupId"] == {"Ref": "WorkerSecurityGroup"}, name


@control(
    "312(e)(1)",
    "AWS::EC2::VPCEndpoint",
    only="prod",
    breaks=[("LambdaEndpoint", ""), ("SqsEndpoint", "PrivateDnsEnabled", False)],
)
def test_Chartcode_IsolatedNetworkReachesWhatItNeeds(template):
    assert services(template) == NEEDED
    for name, endpoint in template.of("AWS::EC2::VPCEndpoint").items():
        assert endpoint["VpcEndpointType"] == "Gateway" or endpoint["PrivateDnsEnabled"] is True, name


@control(
    "312(e)(1)",
    "AWS::EC2::VPCEndpoint",
    only="prod",
    breaks=("S3Endpoint", "PolicyDocument.Statement.0.Condition.StringEquals", {}),
)
def test_Chartcode_NothingLeavesToAnotherAccount(template):
    for name, endpoint in template.of("AWS::EC2::VPCEndpoint").items():
        if endpoint["VpcEndpointType"] == "Gateway":
            (statement,) = endpoint["PolicyDocument"]["Statement"]
            own = {"Ref": "AWS::AccountId"}
            wanted = {"aws:PrincipalAccount": own, "aws:ResourceAccount": own}
            assert statement["Condition"] == {"StringEquals": wanted}, name


@control("312(e)(1)", "AWS::Glue::Job", "AWS::Glue::Connection", only="prod", breaks=("CodeNotesJob", "Connections"))
def test_Chartcode_GlueInsideVPC(template):
    for name, job in template.of("AWS::Glue::Job").items():
        assert job["Connections"] == {"Connections": [{"Ref": "GlueConnection"}]}, name
        modules = job["DefaultArguments"].get("--additional-python-modules", {})
        assert "s3://" in str(modules) or not modules, name  # no package index can be reached
