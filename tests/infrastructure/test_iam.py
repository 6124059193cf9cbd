"""Each function may do what its code does, and nothing else: its policy and its code's calls of AWS are compared."""

import json
import re

import pytest

from tests.infrastructure import calls
from tests.infrastructure.conftest import stage
from tests.infrastructure.sam import ROOT

POLICY = "AWS::IAM::ManagedPolicy"
FUNCTION = "AWS::Lambda::Function"

# What the calls of a place in the code are about: a resource of the template, with the first folder of the keys.
PLACES = {
    "batches.service": "NotesBucket/incoming",
    "chartcode_aws.audit": "AuditTable",
    "chartcode_aws.batch_store": "ResultsBucket/batches",
    "chartcode_aws.batch_table:BatchTable.page": "BatchesTable/index",
    "chartcode_aws.batch_table": "BatchesTable",
    "chartcode_aws.executions": "CodeNotesStateMachine",
    "chartcode_aws.links:upload": "NotesBucket/incoming",
    "comprehend_medical.credential": "ComprehendSecret",
    "comprehend_medical.jobs:_files": "NotesBucket/jobs",
    "comprehend_medical.jobs": "CodeNotesStateMachine",
    "comprehend_medical.output": "ResultsBucket/jobs",
    "reviews.review_table": "ReviewsTable",
    "reviews.service:_keep_text": "ResultsBucket/reviews",
    "reviews.service:_text": "ResultsBucket/reviews",
    "reviews.service:export": "ResultsBucket/exports",
    "start_batch.claims": "ClaimsTable",
    "start_batch.requested": "NotesBucket/incoming",
}
# The same, where it depends on the function or on the action.
OF_FUNCTION = {
    ("BatchesFunction", "chartcode_aws.links:download"): "ResultsBucket/batches",
    ("ReviewsFunction", "chartcode_aws.links:download"): "ResultsBucket/exports",
}
OF_ACTION = {"lambda:InvokeFunction": "PublishResultsFunction"}
# Methods that are not called: their name is that of another object's method.
NAMESAKES = {
    ("ComprehendMedicalFunction", "chartcode_aws.batch_table:BatchTable.start"),
    ("PublishResultsFunction", "chartcode_aws.batch_table:BatchTable.start"),
    ("ReviewsFunction", "chartcode_aws.batch_table:BatchTable.get"),
}
# What Lambda itself does with a function's rights.
BY_LAMBDA = {
    "StartBatchFunction": {
        (f"sqs:{action}", "UploadQueue") for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    },
    "PublishResultsFunction": {("sqs:SendMessage", "PublishDeadLetterQueue")},
}
ENCRYPTED_WRITES = ("s3:PutObject", "sqs:SendMessage")

# Actions without a resource of their own (Service Authorization Reference): (policy, action) -> reason.
WITHOUT_RESOURCE = {
    "logs": "Step Functions delivers its log by the account's log deliveries, which are no resources.",
    "xray": "X-Ray's segments and sampling rules are not resources.",
    "cloudwatch": "A metric is no resource; a condition limits the namespace.",
    "ec2": "EC2's descriptions know no resource; Glue makes its network interfaces by them.",
}


def place_of(function, place, action):
    if action in OF_ACTION:
        return OF_ACTION[action]
    if (function, place) in OF_FUNCTION:
        return OF_FUNCTION[function, place]
    return next(PLACES[each] for each in PLACES if place.startswith(each))


def needed(function, handler):
    """Return what a function's code needs: permissions, each with its resource."""
    found = {
        (action, place_of(function, place, action))
        for action, places in calls.of_handler(handler).items()
        for place in places
        if (function, place) not in NAMESAKES
    }
    found |= BY_LAMBDA.get(function, set())
    # The environment is encrypted, and so is every bucket, table and queue.
    found.add(("kms:Decrypt", "Key"))
    if any(action in ENCRYPTED_WRITES for action, _ in found):
        found.add(("kms:GenerateDataKey", "Key"))
    return found


def name_of(resource):
    """Return a resource of a statement by its logical id, with the first folder or part of its name."""
    match resource:
        case {"Ref": name}:
            return name
        case {"Fn::GetAtt": [name, "Arn"]}:
            return name
        case {"Fn::Sub": text}:
            if "execution:${CodeNotesStateMachine.Name}" in text:
                return "CodeNotesStateMachine"
            name, path = re.fullmatch(r"\$\{(\w+)\.Arn\}/(.*)", text).groups()
            return f"{name}/{path.split('/')[0].removesuffix('batch-*').rstrip('/') or 'incoming'}"
    raise ValueError(resource)


def allowed(statements):
    """Return what the statements of a policy allow: permissions, each with its resource."""
    found = set()
    for statement in statements:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for action in statement["Action"]:
            for name in map(name_of, resources):
                prefix = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
                found.add((action, f"{name}/{prefix.split('/')[0]}" if prefix else name))
    return found


def policy_of(template, function):
    (arn,) = [
        each for each in template.resources[f"{function}Role"]["Properties"]["ManagedPolicyArns"] if "Ref" in each
    ]
    return template.resources[arn["Ref"]]["Properties"]["PolicyDocument"]["Statement"]


FUNCTIONS = sorted(stage("prod").of(FUNCTION))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_what_its_code_does_and_nothing_else(template, function):
    handler = template.resources[function]["Properties"]["Handler"]
    assert allowed(policy_of(template, function)) == needed(function, handler)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_without_any_statement_the_code_of_a_function_lacks_something(template, function):
    handler = template.resources[function]["Properties"]["Handler"]
    statements = policy_of(template, function)
    for index in range(len(statements)):
        rest = statements[:index] + statements[index + 1 :]
        assert needed(function, handler) - allowed(rest), statements[index]


def test_every_place_is_one_in_the_code(template):
    found = {
        place
        for each in template.of(FUNCTION).values()
        for places in calls.of_handler(each["Handler"]).values()
        for place in places
    }
    for place in [*PLACES, *(place for _, place in [*OF_FUNCTION, *NAMESAKES])]:
        assert any(each.startswith(place) for each in found), place


def test_the_state_machine_may_do_what_its_states_do_and_nothing_else(template):
    definition = json.loads((ROOT / "statemachine" / "code_notes.asl.json").read_text())
    text = json.dumps(definition)
    services = {
        "lambda": {"lambda:InvokeFunction"},
        "glue": {f"glue:{name}" for name in ("StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun")},
        "events": {"events:PutEvents"},
    }
    used = set().union(*(services[name] for name in re.findall(r"arn:aws:states:::(lambda|glue|events):", text)))
    # The distributed Map: its children, its reader and its writer.
    used |= {f"states:{name}Execution" for name in ("Start", "Describe", "Stop")}
    used |= {"s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"}
    used |= {"kms:Decrypt", "kms:GenerateDataKey"}
    statements = template.resources["CodeNotesPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    actions = {action for each in statements if each["Resource"] != "*" for action in each["Action"]}
    assert actions == used
    invoked = {name for name in re.findall(r"\$\{(\w+)Arn\}", text) if name.endswith("Function")}
    (lambdas,) = [each["Resource"] for each in statements if each["Action"] == ["lambda:InvokeFunction"]]
    assert {str(each) for each in lambdas} == {
        str({"Ref": f"{name}Aliaslive"} if f"{name}Aliaslive" in template.resources else {"Fn::GetAtt": [name, "Arn"]})
        for name in invoked
    }


def test_a_statement_on_all_resources_has_a_reason(template):
    reasons = set()
    for name, policy in template.of(POLICY).items():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Resource"] == "*":
                services = {action.split(":")[0] for action in statement["Action"]}
                assert services <= set(WITHOUT_RESOURCE), name
                reasons |= services
    assert reasons == set(WITHOUT_RESOURCE)  # no reason without its statement
