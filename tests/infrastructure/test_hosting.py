"""The workbench's host: no way in but TLS, nothing readable but its own code and key."""

import re
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from frontend import upload

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml_parse((ROOT / "frontend" / "hosting.yaml").read_text())
RESOURCES = {name: each.get("Properties", {}) for name, each in TEMPLATE["Resources"].items()}
FILES = TEMPLATE["Resources"]["Instance"]["Metadata"]["AWS::CloudFormation::Init"]["config"]["files"]


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
    assert "--server.sslCertFile" in FILES["/etc/systemd/system/chartcode-workbench.service"]["content"]


def test_an_internet_facing_workbench_needs_a_user_pool():
    rule = TEMPLATE["Rules"]["InternetNeedsSignIn"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Scheme"}, "internet-facing"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "UserPoolArn"}, ""]}]}
    first = RESOURCES["HttpsListener"]["DefaultActions"][0]["Fn::If"]
    assert (first[0], first[1]["Type"], first[1]["Order"]) == ("SignIn", "authenticate-cognito", 1)


def test_the_role_reads_its_zip_and_its_key_only():
    assert "Policies" not in RESOURCES["Role"]
    statements = RESOURCES["Policy"]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [["s3:GetObject"], ["kms:Decrypt"], ["apigateway:GET"]]
    assert statements[0]["Resource"]["Fn::Sub"].endswith(f"/{upload.KEY}")
    assert "*" not in str([statement["Resource"] for statement in statements])


@pytest.mark.parametrize("setting", ["DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict"])
def test_the_service_is_confined(setting):
    assert setting in FILES["/etc/systemd/system/chartcode-workbench.service"]["content"].split()


def test_the_service_starts_what_is_uploaded(tmp_path):
    (tmp_path / "streamlit").mkdir()
    (tmp_path / "streamlit" / "__init__.py").touch()
    names = {name for _, name in upload.files(tmp_path)}
    service = FILES["/etc/systemd/system/chartcode-workbench.service"]["content"]
    started = re.search(r"streamlit run /opt/chartcode/(\S+)", service)[1]
    assert {started, "frontend/.streamlit/config.toml", "chartcode/client.py"} <= names
    assert f"{upload.PACKAGES}/streamlit/__init__.py" in names
    assert f"PYTHONPATH=/opt/chartcode:/opt/chartcode/{upload.PACKAGES} " in service
    assert not {"frontend/hosting.yaml", "frontend/Dockerfile"} & names
    fetched = FILES["/usr/local/bin/chartcode-workbench-fetch"]["content"]["Fn::Sub"]
    assert f"/{upload.KEY}" in fetched
