"""Gap: MiniStack's CloudFormation does not know AWS::Glue::SecurityConfiguration, though its Glue does."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import glue
from ministack.services.cloudformation import provisioners

TYPE = "AWS::Glue::SecurityConfiguration"
Properties = dict[str, Any]


def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
    """Create the configuration through Glue's own API."""
    name = properties.get("Name") or f"{stack_name}-{logical_id}"
    request = {"Name": name, "EncryptionConfiguration": properties["EncryptionConfiguration"]}
    status, _, body = glue._create_security_configuration(request)
    if status >= 400:
        raise ValueError(f"{TYPE}: {json.loads(body)}")
    return name, {}


def delete(physical_id: str, _properties: Properties) -> None:
    """Delete the configuration."""
    glue._delete_security_configuration({"Name": physical_id})


def apply() -> None:
    """Install the bridge."""
    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "delete": delete}
