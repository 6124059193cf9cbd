"""Buckets, tables, backups."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from tests.infrastructure.control import control

KEY = {"Fn::GetAtt": ["Key", "Arn"]}
BUCKET = "AWS::S3::Bucket"
TABLE = "AWS::DynamoDB::Table"
PRIVATE = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def encryption(bucket):
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return rule["ServerSideEncryptionByDefault"]


def policy(template, bucket):
    return template.statements("AWS::S3::BucketPolicy", Bucket={"Ref": bucket})


def denials(template, bucket):
    return {each["Sid"]: each for each in policy(template, bucket) if each["Effect"] == "Deny"}


@control("312(a)(2)(iv)", BUCKET, breaks=("AccessLogsBucket", "BucketEncryption"))
def test_s3_bucket_server_side_encryption_enabled(template):
    for name, bucket in template.of(BUCKET).items():
        assert encryption(bucket)["SSEAlgorithm"] in ("aws:kms", "AES256"), name


ENCRYPTION = "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault"


@control("312(a)(2)(iv)", BUCKET, breaks=("NotesBucket", f"{ENCRYPTION}.SSEAlgorithm", "AES256"))
def test_HIPAA_Security_S3DefaultEncryptionKMS(template):
    for name, bucket in template.held_to("HIPAA.Security-S3DefaultEncryptionKMS", BUCKET):
        assert encryption(bucket) == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}, name


@control(
    "312(a)(2)(iv), 312(e)(1)",
    BUCKET,
    "AWS::S3::BucketPolicy",
    breaks=[
        ("NotesBucketPolicy", "PolicyDocument.Statement.0"),
        ("ResultsBucketPolicy", "PolicyDocument.Statement.0.Condition.Bool", {"aws:SecureTransport": "true"}),
        ("AccessLogsBucketPolicy", ""),
    ],
)
def test_HIPAA_Security_S3BucketSSLRequestsOnly(template):
    for name in template.of(BUCKET):
        denied = denials(template, name)["TlsOnly"]
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}, name
        assert (denied["Principal"], denied["Action"]) == ("*", "s3:*"), name
        assert denied["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


@control("308(a)(3)(i), 312(a)(1)", BUCKET, breaks=("NotesBucket", "PublicAccessBlockConfiguration.BlockPublicPolicy"))
def test_HIPAA_Security_S3BucketLevelPublicAccessProhibited(template):
    for name, bucket in template.of(BUCKET).items():
        block = bucket["PublicAccessBlockConfiguration"]
        assert all(block.get(each) is True for each in PRIVATE), name


@control("308(a)(3)(i), 312(a)(1)", BUCKET, breaks=("ResultsBucket", "AccessControl", "PublicRead"))
def test_HIPAA_Security_S3BucketPublicReadProhibited(template):
    for name, bucket in template.of(BUCKET).items():
        assert "AccessControl" not in bucket, name
        assert bucket["PublicAccessBlockConfiguration"]["IgnorePublicAcls"] is True, name


@control(
    "308(a)(3)(i), 312(a)(1)", BUCKET, breaks=("ResultsBucket", "PublicAccessBlockConfiguration.BlockPublicAcls", False)
)
def test_HIPAA_Security_S3BucketPublicWriteProhibited(template):
    for name, bucket in template.of(BUCKET).items():
        assert bucket["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True, name


@control(
    "308(a)(3)(i), 312(a)(1)",
    "AWS::S3::BucketPolicy",
    breaks=[
        ("AccessLogsBucketPolicy", "PolicyDocument.Statement.1.Principal", "*"),
        ("AccessLogsBucketPolicy", "PolicyDocument.Statement.2.Condition", {}),
    ],
)
def test_s3_bucket_policy_grantee_check(template):
    """Only services of AWS are granted anything by a bucket, and only for this account."""
    for statement in template.statements("AWS::S3::BucketPolicy"):
        if statement["Effect"] == "Allow":
            assert set(statement["Principal"]) == {"Service"}, statement["Sid"]
            keys = {key for operator in statement["Condition"].values() for key in operator}
            assert keys & {"aws:SourceAccount", "aws:SourceArn"}, statement["Sid"]


@control(
    "308(a)(7)(ii)(A), 312(c)(1)", BUCKET, breaks=("ResultsBucket", "VersioningConfiguration", {"Status": "Suspended"})
)
def test_HIPAA_Security_S3BucketVersioningEnabled(template):
    for name, bucket in template.of(BUCKET).items():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name


@control("308(a)(1)(ii)(D), 312(b)", BUCKET, breaks=("NotesBucket", "LoggingConfiguration"))
def test_HIPAA_Security_S3BucketLoggingEnabled(template):
    for name, bucket in template.held_to("HIPAA.Security-S3BucketLoggingEnabled", BUCKET):
        assert bucket["LoggingConfiguration"]["DestinationBucketName"] == {"Ref": "AccessLogsBucket"}, name


@control(
    "308(a)(7)(ii)(A)",
    BUCKET,
    only="prod",
    breaks=[
        ("NotesBucket", "ReplicationConfiguration"),
        ("ResultsBucket", "ReplicationConfiguration.Rules.0.SourceSelectionCriteria"),
    ],
)
def test_HIPAA_Security_S3BucketReplicationEnabled(template):
    for name, bucket in template.held_to("HIPAA.Security-S3BucketReplicationEnabled", BUCKET):
        (rule,) = bucket["ReplicationConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled", name
        assert rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"] == {"Status": "Enabled"}, name
        assert rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"] == {"Ref": "ReplicaKeyArn"}, name


@control(
    "312(a)(2)(iv)",
    "AWS::S3::BucketPolicy",
    breaks=[("NotesBucketPolicy", "PolicyDocument.Statement.1"), ("ResultsBucketPolicy", "PolicyDocument.Statement.2")],
)
def test_Chartcode_UploadsUseTheOwnKey(template):
    """An upload may leave the encryption to the bucket; one that asks for another is refused."""
    header = "s3:x-amz-server-side-encryption"
    for bucket in ("NotesBucket", "ResultsBucket"):
        denied = denials(template, bucket)
        assert denied["KmsOnly"]["Condition"] == {"Null": {header: "false"}, "StringNotEquals": {header: "aws:kms"}}
        name = f"{header}-aws-kms-key-id"
        assert denied["OwnKeyOnly"]["Condition"] == {"Null": {name: "false"}, "StringNotEquals": {name: KEY}}


@control(
    "308(a)(4)(ii)(B), 312(a)(1)",
    "AWS::S3::BucketPolicy",
    breaks=("NotesBucketPolicy", "PolicyDocument.Statement.3.Condition.StringNotEquals"),
)
def test_Chartcode_NotesAreReadFromTheOwnAccountOnly(template):
    for bucket in ("NotesBucket", "ResultsBucket"):
        condition = denials(template, bucket)["ThisAccountOnly"]["Condition"]
        assert condition["StringNotEquals"] == {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}
        assert condition["Bool"] == {"aws:PrincipalIsAWSService": "false"}  # S3 delivers, CloudTrail reads


# Code is no patient's data, and the workbench's instance, whose role this template does not know, reads it.
COVERED_BY_READERS_ONLY = {
    "NotesBucket": {"Resource": {"Fn::Sub": "${NotesBucket.Arn}/*"}},
    "ResultsBucket": {"NotResource": {"Fn::Sub": "${ResultsBucket.Arn}/code/*"}},
}


@control(
    "308(a)(4)(ii)(B), 312(a)(1)",
    "AWS::S3::BucketPolicy",
    only="prod",
    breaks=[
        ("ResultsBucketPolicy", "PolicyDocument.Statement.4"),
        ("ResultsBucketPolicy", "PolicyDocument.Statement.4.NotResource.Fn::Sub", "${ResultsBucket.Arn}/*"),
    ],
)
def test_Chartcode_NotesAreReadByNamedRolesOnly(template):
    """With DataReaders: every role of the stack that a policy lets read, and no other, besides those named."""
    for bucket in ("NotesBucket", "ResultsBucket"):
        denied = denials(template, bucket)["ReadersOnly"]
        assert denied["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
        covered = {key: denied[key] for key in ("Resource", "NotResource") if key in denied}
        assert covered == COVERED_BY_READERS_ONLY[bucket]
        named = str(denied["Condition"]["ArnNotLike"]["aws:PrincipalArn"])
        assert "DataReaders" in named
        for role, each in template.of("AWS::IAM::Role").items():
            arns = each.get("ManagedPolicyArns", [])
            policies = [arn["Ref"] for arn in arns if isinstance(arn, dict) and "Ref" in arn]
            documents = str([template.resources[policy] for policy in policies])
            reads = "s3:GetObject'" in documents and f"{bucket}.Arn" in documents
            reads = reads and (bucket == "ResultsBucket" or role == "GlueRole")  # the functions only list notes
            assert (role in named) == reads, (bucket, role)


@control("308(a)(7)(i), 310(d)(2)(i)", BUCKET, breaks=("ResultsBucket", "LifecycleConfiguration"))
def test_Chartcode_DataExpires(template):
    """What is not needed is not kept: retention is a parameter."""
    for name, bucket in template.of(BUCKET).items():
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["ExpirationInDays"]["Ref"] in ("ResultRetentionDays", "LogRetentionDays"), name
    for name, table in template.of(TABLE).items():
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}, name


# What may go with the stack, and why.
OF_THE_STACK = {"ClaimsTable": "It only keeps an upload from being taken twice."}
WITHOUT_RETAIN = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"}


@control(
    "308(a)(7)(ii)(A), 312(c)(1)",
    BUCKET,
    TABLE,
    "AWS::KMS::Key",
    breaks=[
        ("ReviewsTable", "", {"Type": TABLE, **WITHOUT_RETAIN}),
        ("BatchesTable", "", {"Type": TABLE}),
        ("NotesBucket", "", {"Type": BUCKET, "DeletionPolicy": "Retain"}),
        ("Key", "", {"Type": "AWS::KMS::Key", **WITHOUT_RETAIN}),
        ("ClaimsTable", "", {"Type": TABLE, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}),
    ],
)
def test_Chartcode_DataOutlivesTheStack(template):
    """Data of record, and the key that decrypts it, stay when the stack is deleted or a resource is replaced."""
    for name in template.of(BUCKET, TABLE, "AWS::KMS::Key"):
        policies = [template.resources[name].get(each) for each in ("DeletionPolicy", "UpdateReplacePolicy")]
        assert (policies == ["Retain", "Retain"]) == (name not in OF_THE_STACK), name


@control(
    "308(a)(7)(ii)(A)",
    TABLE,
    breaks=("ReviewsTable", "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", False),
)
def test_HIPAA_Security_DynamoDBPITREnabled(template):
    for name, table in template.of(TABLE).items():
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name


@control("312(a)(2)(iv)", TABLE, breaks=("BatchesTable", "SSESpecification.KMSMasterKeyId"))
def test_dynamodb_table_encrypted_kms(template):
    for name, table in template.of(TABLE).items():
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}, name


@control("308(a)(7)(i), 312(b)", TABLE, breaks=("ClaimsTable", "BillingMode", "PROVISIONED"))
def test_HIPAA_Security_DynamoDBAutoScalingEnabled(template):
    """On demand, a table has no capacity of its own to scale."""
    for name, table in template.of(TABLE).items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name


@control(
    "308(a)(7)(ii)(A)",
    TABLE,
    "AWS::Backup::BackupSelection",
    only="prod",
    breaks=[("BackupSelection", "BackupSelection.Resources.0"), ("BackupPlan", "BackupPlan.BackupPlanRule", [])],
)
def test_HIPAA_Security_DynamoDBInBackupPlan(template):
    (selection,) = template.of("AWS::Backup::BackupSelection").values()
    selected = [each["Fn::GetAtt"][0] for each in selection["BackupSelection"]["Resources"]]
    assert set(selected) == {*template.of(TABLE), "NotesBucket", "ResultsBucket"}
    (plan,) = template.of("AWS::Backup::BackupPlan").values()
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert rule["TargetBackupVault"] == {"Ref": "BackupVault"}
    assert rule["Lifecycle"]["DeleteAfterDays"] == {"Ref": "BackupRetentionDays"}


@control("312(a)(2)(iv)", "AWS::Backup::BackupVault", only="prod", breaks=("BackupVault", "EncryptionKeyArn"))
def test_Chartcode_BackupsEncryptedKMS(template):
    for name, vault in template.of("AWS::Backup::BackupVault").items():
        assert vault["EncryptionKeyArn"] == KEY, name
