"""The API and the firewall before it."""
# ruff: noqa: N802 (tests bear the ids of their rules)

import json

from tests.infrastructure.control import control

STAGE = "AWS::ApiGateway::Stage"
API = "AWS::ApiGateway::RestApi"
# Health tells nothing; callers of the Comprehend Medical operations sign, which the function verifies.
OPEN = ("/health/live", "/health/ready", "/")
CODES = "Body.paths./v1/codes.post.security"


def settings(stage):
    (every,) = stage["MethodSettings"]
    assert (every["ResourcePath"], every["HttpMethod"]) == ("/*", "*")
    return every


def methods(template):
    (api,) = template.of(API).values()
    return {
        (method, path): each.get("security")
        for path, methods in api["Body"]["paths"].items()
        for method, each in methods.items()
    }


@control("308(a)(1)(ii)(D), 312(b)", STAGE, breaks=("ApiStage", "MethodSettings.0.LoggingLevel", "OFF"))
def test_HIPAA_Security_APIGWExecutionLoggingEnabled(template):
    for name, stage in template.of(STAGE).items():
        assert settings(stage)["LoggingLevel"] in ("ERROR", "INFO"), name
        assert settings(stage)["DataTraceEnabled"] is False, name  # it would log the note


@control("312(b)", STAGE, breaks=("ApiStage", "TracingEnabled", False))
def test_HIPAA_Security_APIGWXrayEnabled(template):
    for name, stage in template.of(STAGE).items():
        assert stage["TracingEnabled"] is True, name


OTHER_STAGE = ("OtherStage", "", {"Type": STAGE, "Properties": {}})


@control("312(e)(1)", STAGE, breaks=OTHER_STAGE)
def test_HIPAA_Security_APIGWSSLEnabled(template):
    for name, stage in template.held_to("HIPAA.Security-APIGWSSLEnabled", STAGE):
        assert stage.get("ClientCertificateId"), name


@control("312(a)(2)(iv)", STAGE, breaks=OTHER_STAGE)
def test_HIPAA_Security_APIGWCacheEnabledAndEncrypted(template):
    for name, stage in template.held_to("HIPAA.Security-APIGWCacheEnabledAndEncrypted", STAGE):
        assert stage.get("CacheClusterEnabled"), name
        assert settings(stage)["CacheDataEncrypted"], name


@control("312(b)", STAGE, breaks=[("ApiStage", "AccessLogSetting"), ("ApiStage", "AccessLogSetting.Format", "{}")])
def test_Serverless_APIGWStructuredLogging(template):
    """Who called what, when, with which answer: as JSON, with neither body nor query, which can be text of a note."""
    for stage in template.of(STAGE).values():
        assert stage["AccessLogSetting"]["DestinationArn"] == {"Fn::GetAtt": ["ApiLogs", "Arn"]}
        logged = stage["AccessLogSetting"]["Format"]
        assert {"requestId", "ip", "time", "method", "path", "status"} <= set(json.loads(logged))
        assert "$context.path" not in logged
        assert "querystring" not in logged


@control("312(b)", STAGE, breaks=("ApiStage", "MethodSettings.0.ThrottlingRateLimit"))
def test_Serverless_APIGWDefaultThrottling(template):
    for name, stage in template.of(STAGE).items():
        assert settings(stage)["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}, name
        assert settings(stage)["ThrottlingBurstLimit"] == {"Ref": "RequestsPerSecond"}, name


@control(
    "308(a)(4)(ii)(B), 312(a)(1), 312(d)",
    API,
    breaks=[("Api", CODES), ("Api", CODES, []), ("Api", "Body.paths./v1/new", {"get": {}})],
)
def test_Chartcode_ApiAuthorizesEveryMethod(template):
    for (method, path), security in methods(template).items():
        assert isinstance(security, list), (method, path)
        assert bool(security) == (path not in OPEN), (method, path)


@control("312(d)", API, only="prod", breaks=("Api", CODES, [{"api_key": []}]))
def test_Chartcode_ApiCallersAreKnownByIam(template):
    """An API key tells which program calls; production wants to know who."""
    (api,) = template.of(API).values()
    assert api["Body"]["securityDefinitions"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    for (method, path), security in methods(template).items():
        assert path in OPEN or security == [{"sigv4": []}], (method, path)


@control("312(e)(1)", "AWS::WAFv2::WebACLAssociation", only="prod", breaks=("WebAclOfTheApi", ""))
def test_Chartcode_ApiBehindFirewall(template):
    """The stage of the API stands behind the firewall."""
    (association,) = template.of("AWS::WAFv2::WebACLAssociation").values()
    assert association["WebACLArn"] == {"Fn::GetAtt": ["WebAcl", "Arn"]}
    assert association["ResourceArn"]["Fn::Sub"].endswith("/restapis/${Api}/stages/${ApiStage}")


@control("312(b)", "AWS::WAFv2::LoggingConfiguration", only="prod", breaks=("WebAclLogging", ""))
def test_HIPAA_Security_WAFv2LoggingEnabled(template):
    logged = [each["ResourceArn"] for each in template.of("AWS::WAFv2::LoggingConfiguration").values()]
    assert logged == [{"Fn::GetAtt": [name, "Arn"]} for name in template.of("AWS::WAFv2::WebACL")]


@control(
    "312(a)(1), 312(b)",
    "AWS::WAFv2::WebACL",
    only="prod",
    breaks=[
        ("WebAcl", "DataProtectionConfig.DataProtections.0"),
        ("WebAcl", "VisibilityConfig.SampledRequestsEnabled", True),
        ("WebAclLogging", "RedactedFields.0"),
    ],
)
def test_Chartcode_FirewallLogsNoNotes(template):
    """A rule logs what it matched, which can be text of a note; keys are no business of a log."""
    (acl,) = template.of("AWS::WAFv2::WebACL").values()
    protected = {each["Field"]["FieldType"] for each in acl["DataProtectionConfig"]["DataProtections"]}
    assert protected == {"BODY", "QUERY_STRING"}
    assert not any(each["VisibilityConfig"]["SampledRequestsEnabled"] for each in (acl, *acl["Rules"]))
    (logging,) = template.of("AWS::WAFv2::LoggingConfiguration").values()
    redacted = [each.get("SingleHeader", {}).get("Name") for each in logging["RedactedFields"]]
    assert {"x-api-key", "authorization"} <= set(redacted)


@control(
    "312(e)(1)",
    "AWS::WAFv2::WebACL",
    only="prod",
    breaks=("WebAcl", "Rules.3.Statement.ManagedRuleGroupStatement.RuleActionOverrides.0"),
)
def test_Chartcode_FirewallLetsNotesPass(template):
    """A note is longer than 8 KB and free text: rules on bodies only count."""
    (acl,) = template.of("AWS::WAFv2::WebACL").values()
    (common,) = [each for each in acl["Rules"] if "CommonRuleSet" in str(each)]
    overrides = common["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    counted = {each["Name"] for each in overrides if each["ActionToUse"] == {"Count": {}}}
    assert {"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY"} <= counted


def test_throttled_callers_are_told_in_the_words_of_the_aws_sdks(template):
    (api,) = template.of(API).values()
    throttled = api["Body"]["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["responseTemplates"]
    assert '"__type":"TooManyRequestsException"' in throttled["application/json"]
