"""The template as CloudFormation gets it: transformed by SAM, with the conditions of one set of parameters decided."""

from __future__ import annotations

import copy
import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
NO_VALUE = {"Ref": "AWS::NoValue"}
REMOVED = object()
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")


class ManagedPolicies:
    """The AWS managed policies that SAM adds by name."""

    def load(self) -> dict[str, str]:
        names = ("AWSXrayWriteOnlyAccess", "AWSXRayDaemonWriteAccess")
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in names}


def parameters(stage: str) -> dict[str, str]:
    """Return the parameters of a stage: none for dev; for prod samconfig.toml's, and what only its operator knows."""
    if stage == "dev":
        return {}
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    overrides = config[stage]["deploy"]["parameters"]["parameter_overrides"]
    return dict(each.split("=", 1) for each in overrides) | {
        "AlarmEmail": "operator@example.org",
        "AuditLockDays": "2192",
        "DataReaders": "arn:aws:iam::123456789012:role/auditor",
        "NotesReplicaBucketArn": "arn:aws:s3:::replica-of-notes",
        "ResultsReplicaBucketArn": "arn:aws:s3:::replica-of-results",
        "ReplicaKeyArn": "arn:aws:kms:us-west-2:123456789012:key/replica",
        "WorkbenchVpcId": "vpc-0123456789abcdef0",
        "WorkbenchLoadBalancerSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
        "WorkbenchInstanceSubnetId": "subnet-0123456789abcdef2",
        "WorkbenchCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/workbench",
        "WorkbenchAllowedCidr": "10.0.0.0/8",
    }


class Conditions:
    """The conditions of a template, decided for given parameters."""

    def __init__(self, conditions: dict[str, Any], values: dict[str, Any]) -> None:
        self._conditions = conditions
        self._values = values

    def holds(self, name: str) -> bool:
        return bool(self.value(self._conditions[name]))

    def value(self, expression: Any) -> Any:
        """Return what an expression of a condition or a rule comes to."""
        if not isinstance(expression, dict):
            return str(expression)
        ((function, given),) = expression.items()
        match function:
            case "Ref":
                return str(self._values[given])
            case "Condition":
                return self.holds(given)
            case "Fn::Equals":
                return self.value(given[0]) == self.value(given[1])
            case "Fn::Not":
                return not self.value(given[0])
            case "Fn::And":
                return all(map(self.value, given))
            case "Fn::Or":
                return any(map(self.value, given))
        raise ValueError(function)

    def decide(self, node: Any) -> Any:
        """Return `node` with every Fn::If replaced by its branch, and what is AWS::NoValue left out."""
        if isinstance(node, list):
            return [value for each in node if (value := self.decide(each)) != NO_VALUE]
        if not isinstance(node, dict):
            return node
        if "Fn::If" in node:
            name, yes, no = node["Fn::If"]
            return self.decide(yes if self.holds(name) else no)
        return {key: value for key, each in node.items() if (value := self.decide(each)) != NO_VALUE}


class Template:
    """Resources by logical id, as one deployment has them."""

    def __init__(self, resources: dict[str, Any], suppressions: dict[str, dict[str, str]]) -> None:
        self.resources = resources
        self.suppressions = suppressions

    @staticmethod
    def refused(**given: str) -> list[str]:
        """Return what the template's rules say against parameters."""
        raw = yaml_parse((ROOT / "template.yaml").read_text())
        declared = {name: each.get("Default") for name, each in raw["Parameters"].items()}
        conditions = Conditions({}, declared | given)
        return [
            assertion["AssertDescription"]
            for rule in raw["Rules"].values()
            if conditions.value(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not conditions.value(assertion["Assert"])
        ]

    @classmethod
    def of_stage(cls, stage: str, code: str = "s3://bucket/key", **overrides: str) -> Template:
        """Return what a stage deploys, with other parameters or other code where given."""
        raw = yaml_parse((ROOT / "template.yaml").read_text())
        declared = {name: each.get("Default") for name, each in raw["Parameters"].items()}
        suppressions = {
            name: {rule["id"]: rule["reason"] for rule in each["Metadata"]["cdk_nag"]["rules_to_suppress"]}
            for name, each in raw["Resources"].items()
            if "cdk_nag" in each.get("Metadata", {})
        }
        for resource in raw["Resources"].values():
            properties = resource.get("Properties", {})
            for name in ("CodeUri", "ContentUri"):
                if name in properties:
                    properties[name] = code
            if "DefinitionUri" in properties:
                properties["Definition"] = json.loads((ROOT / properties.pop("DefinitionUri")).read_text())
        given = parameters(stage) | overrides
        assert set(given) <= set(declared)
        conditions = Conditions(raw["Conditions"], declared | given)
        transformed = transform(raw, given, ManagedPolicies())["Resources"]
        resources = {
            name: conditions.decide(each)
            for name, each in transformed.items()
            if "Condition" not in each or conditions.holds(each["Condition"])
        }
        return cls(resources, suppressions)

    def of(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """Return the properties of the resources of some types; there must be one."""
        found = {name: each.get("Properties", {}) for name, each in self.resources.items() if each["Type"] in kinds}
        assert found, kinds
        return found

    def held_to(self, rule: str, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the resources of some types which no suppression exempts from `rule`."""
        yield from ((name, each) for name, each in self.of(*kinds).items() if rule not in self.suppressed(name))

    def suppressed(self, name: str) -> dict[str, str]:
        """Return the rules that a resource need not meet, with reasons; what SAM generates inherits its source's."""
        sources = [each for each in self.suppressions if name.startswith(each)]
        source = max(sources, key=len, default="")
        # ApiFunction is not generated from Api.
        inherits = source == name or self.resources[name]["Type"].startswith("AWS::ApiGateway::")
        return self.suppressions.get(source, {}) if inherits else {}

    def broken(self, resource: str, path: str, value: Any = REMOVED) -> Template:
        """Return a copy in which one property (or, with path "", a resource) is removed or has another value."""
        copied = Template(copy.deepcopy(self.resources), copy.deepcopy(self.suppressions))
        *parents, last = ["resources", resource, "Properties", *path.split(".")] if path else ["resources", resource]
        node: Any = vars(copied)
        for each in parents:
            node = node[int(each)] if isinstance(node, list) else node[each]
        key = int(last) if isinstance(node, list) else last
        if value is REMOVED:
            del node[key]
        else:
            node[key] = value
        return copied

    def without_suppression(self, resource: str, rule: str) -> Template:
        """Return a copy in which a resource must meet a rule."""
        copied = Template(self.resources, copy.deepcopy(self.suppressions))
        del copied.suppressions[resource][rule]
        return copied

    def statements(self, kind: str, **properties: Any) -> list[dict[str, Any]]:
        """Return the statements of the resource policies of a type that have these properties."""
        found = [each for each in self.of(kind).values() if properties.items() <= each.items()]
        return [statement for each in found for statement in each["PolicyDocument"]["Statement"]]
