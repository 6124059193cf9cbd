"""The workbench's host, nested in the template: no way in but TLS, nothing readable but its own code and key."""

import pkgutil
import re
import subprocess
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from frontend import signing, upload
from tests.infrastructure.conftest import stage
from tests.infrastructure.sam import Conditions, Template, parameters

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml_parse((ROOT / "frontend" / "hosting.yaml").read_text())
RESOURCES = {name: each.get("Properties", {}) for name, each in TEMPLATE["Resources"].items()}
FILES = TEMPLATE["Resources"]["Instance"]["Metadata"]["AWS::CloudFormation::Init"]["config"]["files"]
UNIT = "/etc/systemd/system/chartcode-workbench.service"
FETCH = "/usr/local/bin/chartcode-workbench-fetch"
SIGNED = "CHARTCODE_API_AUTH=frontend.signing:IamAuth"


def test_the_instance_has_imdsv2_only_an_encrypted_volume_and_no_public_address():
    metadata = RESOURCES["LaunchTemplate"]["LaunchTemplateData"]["MetadataOptions"]
    assert (metadata["HttpTokens"], metadata["HttpPutResponseHopLimit"]) == ("required", 1)
    (device,) = RESOURCES["Instance"]["BlockDeviceMappings"]
    assert (device["Ebs"]["Encrypted"], device["Ebs"]["KmsKeyId"]) == (True, {"Fn::GetAtt": ["VolumeKey", "Arn"]})
    assert RESOURCES["VolumeKey"]["EnableKeyRotation"] is True
    (network,) = RESOURCES["Instance"]["NetworkInterfaces"]
    assert network["AssociatePublicIpAddress"] is False
    assert "KeyName" not in RESOURCES["Instance"]


def test_only_the_load_balancer_reaches_the_instance_and_only_named_addresses_the_load_balancer():
    (rule,) = RESOURCES["InstanceSecurityGroup"]["SecurityGroupIngress"]
    assert rule["SourceSecurityGroupId"] == {"Ref": "LoadBalancerSecurityGroup"}
    assert (rule["FromPort"], rule["ToPort"]) == (8501, 8501)
    for rule in RESOURCES["LoadBalancerSecurityGroup"]["SecurityGroupIngress"]:
        assert rule["CidrIp"] == {"Ref": "AllowedCidr"}
    assert "Default" not in TEMPLATE["Parameters"]["AllowedCidr"]
    assert TEMPLATE["Parameters"]["Scheme"]["Default"] == "internal"


def test_all_traffic_is_encrypted():
    assert RESOURCES["HttpsListener"]["SslPolicy"].startswith("ELBSecurityPolicy-TLS13-1-2")
    (redirect,) = RESOURCES["HttpListener"]["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    assert RESOURCES["TargetGroup"]["Protocol"] == RESOURCES["TargetGroup"]["HealthCheckProtocol"] == "HTTPS"
    assert "--server.sslCertFile" in FILES[UNIT]["content"]


def test_an_internet_facing_workbench_needs_a_user_pool():
    rule = TEMPLATE["Rules"]["InternetNeedsSignIn"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Scheme"}, "internet-facing"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "UserPoolArn"}, ""]}]}
    first = RESOURCES["HttpsListener"]["DefaultActions"][0]["Fn::If"]
    assert (first[0], first[1]["Type"], first[1]["Order"]) == ("SignIn", "authenticate-cognito", 1)


def conditions(auth):
    """Return the conditions as they are where the API is called so."""
    always = {"Always": {"Fn::Equals": ["", ""]}}
    return Conditions(TEMPLATE["Conditions"] | always, {"UserPoolArn": "", "ApiAuth": auth})


@pytest.mark.parametrize(
    ("auth", "action", "resource"),
    [
        ("key", "apigateway:GET", "arn:${AWS::Partition}:apigateway:${AWS::Region}::/apikeys/${ApiKeyId}"),
        ("iam", "execute-api:Invoke", "${ApiArn}/*/v1/*"),
    ],
)
def test_the_role_reads_its_zip_and_its_key_or_calls_the_api_only(auth, action, resource):
    assert "Policies" not in RESOURCES["Role"]
    *own, aws = conditions(auth).decide(RESOURCES["Role"]["ManagedPolicyArns"])
    assert aws["Fn::Sub"].endswith(":aws:policy/AmazonSSMManagedInstanceCore")
    names = [each["Ref"] for each in own]
    assert all(conditions(auth).holds(TEMPLATE["Resources"][name].get("Condition", "Always")) for name in names)
    reads, decrypts, calls = [s for name in names for s in RESOURCES[name]["PolicyDocument"]["Statement"]]
    assert (reads["Action"], decrypts["Action"], calls["Action"]) == (["s3:GetObject"], ["kms:Decrypt"], [action])
    assert reads["Resource"]["Fn::Sub"].endswith(f":::${{CodeBucket}}/{upload.KEY}")
    assert (decrypts["Resource"], calls["Resource"]) == ({"Ref": "KeyArn"}, {"Fn::Sub": resource})


@pytest.mark.parametrize(("auth", "denied"), [("key", True), ("iam", False)])
def test_the_service_has_the_role_only_where_it_signs_with_it(auth, denied):
    file = FILES[f"{UNIT}.d/role.conf"]
    content = conditions(auth).decide(file["content"])
    assert content.startswith("[Service]\n")
    assert ("IPAddressDeny=169.254.169.254" in content.splitlines()) is denied


@pytest.mark.parametrize(("auth", "expected"), [("key", "CHARTCODE_API_KEY=read-of-k1"), ("iam", SIGNED)])
def test_the_service_is_told_how_to_call_the_api(tmp_path, auth, expected):
    """The script that fetches code and key, with stand-ins for what it calls and paths of its own."""
    script = FILES[FETCH]["content"]["Fn::Sub"]
    values = {"ApiAuth": auth, "ApiUrl": "https://api.test", "AWS::Region": "us-east-1", "CodeBucket": "code"}
    script = re.sub(r"\$\{([\w:]+)\}", lambda found: values.get(found[1], "k1"), script)
    script = script.replace("/opt/", f"{tmp_path}/").replace("/etc/", f"{tmp_path}/")
    aws = f'aws() {{ if [ "$1" = apigateway ]; then echo "read-of-$6"; else touch {tmp_path}/chartcode.zip; fi; }}'
    subprocess.run(["bash", "-c", f"{aws}\nunzip() {{ :; }}\n{script}"], check=True)
    lines = (tmp_path / "chartcode-workbench.env").read_text().splitlines()
    assert lines == ["CHARTCODE_API_URL=https://api.test", "AWS_DEFAULT_REGION=us-east-1", expected]


@pytest.mark.parametrize("setting", ["DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict"])
def test_the_service_is_confined(setting):
    assert setting in FILES[UNIT]["content"].split()


def test_the_service_starts_what_is_uploaded(tmp_path):
    (tmp_path / "streamlit").mkdir()
    (tmp_path / "streamlit" / "__init__.py").touch()
    names = {name for _, name in upload.files(tmp_path)}
    service = FILES[UNIT]["content"]
    started = re.search(r"streamlit run /opt/chartcode/(\S+)", service)[1]
    assert {started, "frontend/.streamlit/config.toml", "frontend/signing.py", "chartcode/client.py"} <= names
    assert pkgutil.resolve_name(SIGNED.split("=")[1]) is signing.IamAuth
    assert f"{upload.PACKAGES}/streamlit/__init__.py" in names
    assert f"PYTHONPATH=/opt/chartcode:/opt/chartcode/{upload.PACKAGES} " in service
    assert not {"frontend/hosting.yaml", "frontend/Dockerfile"} & names
    fetched = FILES[FETCH]["content"]["Fn::Sub"]
    assert f"/{upload.KEY}" in fetched


def hosted(template):
    return template.resources["WorkbenchStack"]


def test_the_workbench_is_hosted_only_where_its_network_is_named():
    assert "WorkbenchStack" not in stage("dev").resources
    assert "elasticloadbalancing" not in str(stage("dev").of("AWS::S3::BucketPolicy"))
    assert "WorkbenchStack" in Template.of_stage("dev", WorkbenchVpcId="vpc-1").resources


def test_the_nested_stack_gets_what_has_no_default_and_nothing_else(template):
    given = hosted(template)["Properties"]["Parameters"]
    assert set(given) == {name for name, each in TEMPLATE["Parameters"].items() if "Default" not in each}
    for name, value in given.items():
        named = {"Ref": f"Workbench{name}"}
        assert value in (named, {"Fn::Join": [",", named]}) or f"Workbench{name}" not in parameters("prod"), name


def test_the_nested_stack_gets_the_resources_of_this_one(template):
    given = hosted(template)["Properties"]["Parameters"]
    assert given["KeyArn"] == {"Fn::GetAtt": ["Key", "Arn"]}
    assert (given["CodeBucket"], given["AccessLogsBucket"]) == ({"Ref": "ResultsBucket"}, {"Ref": "AccessLogsBucket"})
    assert template.resources[given["ApiKeyId"]["Ref"]]["Type"] == "AWS::ApiGateway::ApiKey"
    assert set(re.findall(r"\$\{(\w+)\}", given["ApiUrl"]["Fn::Sub"])) == {"Api", "Stage"}
    arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/${Stage}"
    assert (given["ApiAuth"], given["ApiArn"]) == ({"Ref": "ApiAuth"}, {"Fn::Sub": arn})


def test_the_nested_template_is_the_one_that_these_tests_read(template):
    assert (ROOT / hosted(template)["Properties"]["TemplateURL"]).samefile(ROOT / "frontend" / "hosting.yaml")


def test_the_load_balancer_may_deliver_its_access_logs_before_it_is_made(template):
    assert hosted(template)["DependsOn"] == "AccessLogsBucketPolicy"
    statements = template.statements("AWS::S3::BucketPolicy", Bucket={"Ref": "AccessLogsBucket"})
    (delivers,) = [each for each in statements if "elasticloadbalancing" in str(each["Principal"])]
    assert (delivers["Effect"], delivers["Action"]) == ("Allow", "s3:PutObject")
    assert delivers["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    attributes = {each["Key"]: each["Value"] for each in RESOURCES["LoadBalancer"]["LoadBalancerAttributes"]}
    assert attributes["access_logs.s3.bucket"] == {"Ref": "AccessLogsBucket"}
    prefix = attributes["access_logs.s3.prefix"]
    assert delivers["Resource"] == {"Fn::Sub": f"${{AccessLogsBucket.Arn}}/{prefix}/AWSLogs/${{AWS::AccountId}}/*"}
    source = "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/*"
    assert delivers["Condition"] == {"ArnLike": {"aws:SourceArn": {"Fn::Sub": source}}}


def test_the_bucket_lets_the_instance_read_its_code_where_the_readers_of_notes_are_named(template):
    statements = template.statements("AWS::S3::BucketPolicy", Bucket={"Ref": "ResultsBucket"})
    (denied,) = [each for each in statements if each["Sid"] == "ReadersOnly"]
    exempt = denied["NotResource"]["Fn::Sub"].removeprefix("${ResultsBucket.Arn}/").removesuffix("*")
    assert upload.KEY.startswith(exempt)


@pytest.mark.parametrize("missing", ["InstanceSubnetId", "CertificateArn", "AllowedCidr"])
def test_a_workbench_without_one_of_its_parameters_is_refused(missing):
    given = {name: each for name, each in parameters("prod").items() if name.startswith("Workbench")}
    assert Template.refused(**given) == []
    assert len(Template.refused(**given | {f"Workbench{missing}": ""})) == 1


def test_a_workbench_is_refused_where_only_users_of_cognito_may_call_the_api():
    given = {name: each for name, each in parameters("prod").items() if name.startswith("Workbench")}
    (reason,) = Template.refused(ApiAuth="cognito", UserPoolArn="arn:aws:cognito-idp:::userpool/1", **given)
    assert "ApiAuth=key or iam" in reason
