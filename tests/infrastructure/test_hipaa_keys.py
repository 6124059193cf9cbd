"""The key and the secret."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
ACCOUNT = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
USE = ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "CreateGrant")


def statements(template):
    return {each["Sid"]: each for each in template.resources["Key"]["Properties"]["KeyPolicy"]["Statement"]}


@control("312(a)(2)(iv)", "AWS::KMS::Key", breaks=("Key", "EnableKeyRotation", False))
def test_CKV_AWS_7(template):
    """Keys rotate."""
    for name, key in template.of("AWS::KMS::Key").items():
        assert key["EnableKeyRotation"] is True, name


@control("312(a)(1), 312(a)(2)(iv)", "AWS::KMS::Key", breaks=("Key", "KeyPolicy.Statement.0.Principal", "*"))
def test_CKV_AWS_33(template):
    """No key is everyone's."""
    for statement in statements(template).values():
        assert statement["Principal"] == ACCOUNT or set(statement["Principal"]) == {"Service"}


@control(
    "308(a)(3)(i), 308(a)(4)(ii)(B)",
    "AWS::KMS::Key",
    breaks=[
        ("Key", "KeyPolicy.Statement.0.Action", ["kms:*"]),
        ("Key", "KeyPolicy.Statement.1.Condition"),
        ("Key", "KeyPolicy.Statement.2.Condition"),
    ],
)
def test_Chartcode_KeyAdministrationAndUseAreApart(template):
    """Who administers the key can't decrypt with it; who uses it does so through a service, in this account."""
    found = statements(template)
    administer = found["AccountAdministersTheKey"]["Action"]
    assert not any(action.removeprefix("kms:").startswith((*USE, "*")) for action in administer)
    for sid, statement in found.items():
        if sid == "AccountAdministersTheKey":
            continue
        assert statement["Condition"], sid
        if statement["Principal"] == ACCOUNT:
            conditions = {key for each in statement["Condition"].values() for key in each}
            assert conditions in ({"kms:CallerAccount", "kms:ViaService"}, {"kms:GrantIsForAWSResource"}), sid


@control("312(a)(2)(iv)", "AWS::SecretsManager::Secret", breaks=("ComprehendSecret", "KmsKeyId"))
def test_HIPAA_Security_SecretsManagerUsingKMSKey(template):
    for name, secret in template.of("AWS::SecretsManager::Secret").items():
        assert secret["KmsKeyId"] == KEY, name
        assert "SecretString" not in secret, name  # it is generated


@control(
    "308(a)(5)(ii)(D)",
    "AWS::SecretsManager::Secret",
    breaks=("OtherSecret", "", {"Type": "AWS::SecretsManager::Secret", "Properties": {}}),
)
def test_HIPAA_Security_SecretsManagerRotationEnabled(template):
    rotated = [
        each["Properties"]["SecretId"]["Ref"]
        for each in template.resources.values()
        if each["Type"] == "AWS::SecretsManager::RotationSchedule"
    ]
    for name, _ in template.held_to("HIPAA.Security-SecretsManagerRotationEnabled", "AWS::SecretsManager::Secret"):
        assert name in rotated, name
