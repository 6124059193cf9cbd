"""The audit table: appended to, never changed, kept six years, read by few."""
# ruff: noqa: N802 (tests bear the ids of their rules)

from samtranslator.yaml_helper import yaml_parse

from tests.infrastructure import calls
from tests.infrastructure.control import control
from tests.infrastructure.sam import ROOT

TABLE = "AWS::DynamoDB::Table"
POLICY = "AWS::IAM::ManagedPolicy"
FUNCTION = "AWS::Lambda::Function"
STATEMENTS = "ResourcePolicy.PolicyDocument.Statement"
CHANGES = {
    f"dynamodb:{name}" for name in ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")
}
READS = {f"dynamodb:{name}" for name in ("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect")}


def denials(template):
    """Return the statements of the table's own policy; all of them deny everyone."""
    statements = template.of(TABLE)["AuditTable"]["ResourcePolicy"]["PolicyDocument"]["Statement"]
    assert all((each["Effect"], each["Principal"], each["Resource"]) == ("Deny", "*", "*") for each in statements)
    return {each["Sid"]: each for each in statements}


def granted(template):
    """Yield the actions that policies of the template allow on the table, with the policy."""
    for name, policy in template.of(POLICY).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if "'AuditTable'" in str(statement["Resource"]) or "AuditTable.Arn" in str(statement["Resource"]):
                yield from ((name, action) for action in statement["Action"])


@control(
    "312(b), 312(c)(1)",
    TABLE,
    POLICY,
    breaks=[
        ("AuditTable", f"{STATEMENTS}.0"),
        ("AuditTable", f"{STATEMENTS}.0.Action", ["dynamodb:UpdateItem", "dynamodb:DeleteItem"]),
        ("AuditTable", f"{STATEMENTS}.0.Principal", {"AWS": "arn:aws:iam::123456789012:root"}),
        ("PredictPolicy", "PolicyDocument.Statement.0.Action", ["dynamodb:PutItem", "dynamodb:DeleteItem"]),
    ],
)
def test_Chartcode_AuditEntriesAreAppendedOnly(template):
    """Nobody may change or delete an entry, and no role of the stack may do more than put one."""
    denied = denials(template)["AppendOnly"]
    assert set(denied["Action"]) == CHANGES
    assert "Condition" not in denied
    assert {action for _, action in granted(template)} == {"dynamodb:PutItem"}


@control("312(b), 312(c)(1)", TABLE, breaks=("AuditTable", f"{STATEMENTS}.1.Condition"))
def test_Chartcode_AuditEntriesAreWrittenByTheStackOnly(template):
    denied = denials(template)["OnlyThisStackWrites"]
    assert set(denied["Action"]) == {"dynamodb:PutItem", "dynamodb:PartiQLInsert"}
    roles = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*"
    assert denied["Condition"] == {"ArnNotLike": {"aws:PrincipalArn": {"Fn::Sub": roles}}}


@control("308(a)(4)(ii)(B), 312(a)(1)", TABLE, only="prod", breaks=("AuditTable", f"{STATEMENTS}.2"))
def test_Chartcode_AuditEntriesAreReadByNamedRolesOnly(template):
    """With DataReaders; no role of the stack reads the trail."""
    denied = denials(template)["ReadersOnly"]
    assert set(denied["Action"]) == READS
    assert denied["Condition"]["ArnNotLike"]["aws:PrincipalArn"] == {"Fn::Split": [",", {"Ref": "DataReaders"}]}
    assert not READS & {action for _, action in granted(template)}


@control(
    "312(b), 316(b)(2)(i)",
    TABLE,
    breaks=[
        ("AuditTable", "DeletionProtectionEnabled", False),
        ("AuditTable", "TimeToLiveSpecification.Enabled", False),
        ("PredictFunction", "Environment.Variables.AUDIT_RETENTION_DAYS", "1"),
    ],
)
def test_Chartcode_AuditEntriesAreKeptSixYears(template):
    parameter = yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]["AuditRetentionDays"]
    assert parameter["Default"] >= 6 * 365.25
    table = template.of(TABLE)["AuditTable"]
    assert table["DeletionProtectionEnabled"] is True
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    resource = template.resources["AuditTable"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    days = [
        each["Environment"]["Variables"].get("AUDIT_RETENTION_DAYS", {"Ref": "AuditRetentionDays"})
        for each in template.of(FUNCTION).values()
    ]
    assert days == [{"Ref": "AuditRetentionDays"}] * len(days)


def writes(handler):
    return any(module.name == "chartcode_aws.audit" and name == "append" for module, name, _ in calls.reach_of(handler))


@control(
    "308(a)(1)(ii)(D), 312(b)",
    FUNCTION,
    "AWS::Glue::Job",
    breaks=[
        ("ApiFunction", "Environment.Variables.AUDIT_TABLE"),
        ("CodeNotesJob", "DefaultArguments.--audit-table"),
        ("GluePolicy", "PolicyDocument.Statement.0"),
    ],
)
def test_Chartcode_WhatCodesOrDisclosesIsAudited(template):
    """Every function that codes a note or hands out codes, and the Glue job that codes, write to the trail."""
    expected = {
        f"{name}Function" for name in ("Api", "ComprehendMedical", "Batches", "Reviews", "StartBatch", "Predict")
    }
    functions = template.of(FUNCTION)
    assert {name for name, each in functions.items() if writes(each["Handler"])} == expected
    for name, function in functions.items():
        table = function["Environment"]["Variables"].get("AUDIT_TABLE")
        assert table == ({"Ref": "AuditTable"} if name in expected else None), name
    job = template.of("AWS::Glue::Job")["CodeNotesJob"]["DefaultArguments"]
    assert (job["--audit-table"], job["--audit-retention-days"]) == (
        {"Ref": "AuditTable"},
        {"Ref": "AuditRetentionDays"},
    )
    assert "audit.zip" in str(job["--extra-py-files"])
    assert {name for name, _ in granted(template)} == {
        "GluePolicy",
        *(f"{name.removesuffix('Function')}Policy" for name in expected),
    }
