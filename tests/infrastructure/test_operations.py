"""Dashboard, gradual deployments, and who may call the API."""

import json
import re

import pytest

from tests.infrastructure import calls
from tests.infrastructure.conftest import stage
from tests.infrastructure.sam import ROOT, Template, parameters

FUNCTION = "AWS::Lambda::Function"
GRADUAL = ("Api", "Batches", "ComprehendMedical", "Predict", "Reviews")


def widgets(template):
    (dashboard,) = template.of("AWS::CloudWatch::Dashboard").values()
    return [each["properties"] for each in json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]]


def metrics(template):
    return [each for widget in widgets(template) for each in widget["metrics"] if isinstance(each[0], str)]


def emitted(template):
    """Return the metrics that the code emits: service and name."""
    found = set()
    for function in template.of(FUNCTION).values():
        service = function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        found |= {(service, name) for name in calls.metrics_of(function["Handler"])}
    return found


def test_the_dashboard_shows_the_metrics_that_the_code_emits_and_no_others(template):
    shown = {(each[3], each[1]) for each in metrics(template) if each[0] == "Chartcode"}
    assert {each[2] for each in metrics(template) if each[0] == "Chartcode"} == {"service"}
    assert shown == emitted(template)


def test_the_dashboard_begins_with_the_business(template):
    assert all(metric[0] == "Chartcode" for widget in widgets(template)[:3] for metric in widget["metrics"])


def test_the_dashboard_names_resources_of_the_template(template):
    (dashboard,) = template.of("AWS::CloudWatch::Dashboard").values()
    named = set(re.findall(r"\$\{([\w:]+)", dashboard["DashboardBody"]["Fn::Sub"]))
    assert named - {"AWS::Region", "AWS::StackName", "Stage"} <= set(template.resources)


def test_the_dashboard_reckons_with_the_memory_that_the_functions_have(template):
    (widget,) = [each for each in widgets(template) if "compute" in each["title"]]
    (expression,) = [each[0]["expression"] for each in widget["metrics"] if isinstance(each[0], dict)]
    lambdas = {each[4]["id"]: each[3].removeprefix("${").removesuffix("}") for each in widget["metrics"][:-1]}
    for name, function in lambdas.items():
        one_second = {each: 1000 * (each == name) for each in lambdas}
        gigabytes = eval(expression, {"__builtins__": {}}, one_second)  # noqa: S307 (our own arithmetic)
        assert gigabytes * 1024 == pytest.approx(template.resources[function]["Properties"]["MemorySize"])


def groups(template):
    kind = "AWS::CodeDeploy::DeploymentGroup"
    return {name: each["Properties"] for name, each in template.resources.items() if each["Type"] == kind}


def test_production_moves_traffic_by_and_by_and_back_on_an_alarm(template):
    found = groups(template)
    assert set(found) == {f"{name}FunctionDeploymentGroup" for name in GRADUAL}
    for name in GRADUAL:
        group = found[f"{name}FunctionDeploymentGroup"]
        assert "Canary10Percent5Minutes" in str(group["DeploymentConfigName"])
        assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": f"{name}ErrorsAlarm"}}]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert template.resources[f"{name}FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]


def test_development_moves_all_traffic_at_once_without_codedeploy():
    assert not groups(stage("dev"))
    assert "UpdatePolicy" not in stage("dev").resources["PredictFunctionAliaslive"]


def test_callers_call_the_alias_not_the_newest_code(template):
    (api,) = template.of("AWS::ApiGateway::RestApi").values()
    for methods in api["Body"]["paths"].values():
        for method in methods.values():
            assert "Aliaslive}/invocations" in method["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    (machine,) = template.of("AWS::StepFunctions::StateMachine").values()
    assert machine["DefinitionSubstitutions"]["PredictFunctionArn"] == {"Ref": "PredictFunctionAliaslive"}


def versions(template):
    return {name for name, each in template.resources.items() if each["Type"] == "AWS::Lambda::Version"}


def test_a_new_model_is_a_new_version():
    assert not versions(Template.of_stage("dev", code="s3://bucket/other")) & versions(stage("dev"))
    assert versions(Template.of_stage("dev")) == versions(stage("dev"))


POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_pool"


@pytest.mark.parametrize(("auth", "scheme"), [("key", "api_key"), ("iam", "sigv4"), ("cognito", "cognito")])
def test_the_api_is_called_by_holders_of_a_key_by_iam_or_by_users_of_cognito(auth, scheme):
    template = Template.of_stage("dev", ApiAuth=auth, UserPoolArn=POOL if auth == "cognito" else "")
    (api,) = template.of("AWS::ApiGateway::RestApi").values()
    security = {path: [each["security"] for each in methods.values()] for path, methods in api["Body"]["paths"].items()}
    assert security["/v1/codes"] == [[{scheme: []}]] * 2
    assert security["/health/live"] == [[]]
    schemes = api["Body"]["securityDefinitions"]
    assert set(schemes) == {"api_key", "sigv4"} | ({"cognito"} if auth == "cognito" else set())
    assert scheme in schemes


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_rules_let_both_stages_pass(stage):
    assert Template.refused(**parameters(stage)) == []


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"ApiAuth": "cognito"}, "UserPoolArn"),
        ({"NotesReplicaBucketArn": "arn:aws:s3:::notes", "ReplicaKeyArn": "arn:aws:kms:::key/1"}, "ReplicaKeyArn"),
    ],
)
def test_the_rules_refuse_parameters_that_lack_others(given, missing):
    (reason,) = Template.refused(**given)
    assert missing in reason


def test_the_runbook_knows_every_alarm(template):
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    alarms = {*template.of("AWS::CloudWatch::Alarm"), "GlueFailureRule"}
    assert {each for each in alarms if not re.search(rf"\b{each}\b", runbook)} == set()
    assert set(re.findall(r"\w+Alarm\b", runbook)) <= alarms
