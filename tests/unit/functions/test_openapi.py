from pathlib import Path

import batches.app
import reviews.app
from api import app as api
from api import openapi
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[3]
# Comprehend Medical's own protocol, which its own documentation describes.
UNDOCUMENTED = {("/", "post")}


def documented():
    return {(path, method) for path, methods in openapi.document()["paths"].items() for method in methods}


def test_the_committed_document_is_the_generated_one():
    assert (ROOT / openapi.TARGET).read_text() == openapi.render(), "run `make openapi`"


def test_every_route_of_the_functions_is_documented_and_the_other_way_round():
    routes = {
        (route.path.replace("<", "{").replace(">", "}").replace("{batch_id}", "{id}"), route.method.lower())
        for function in (api, batches.app, reviews.app)
        for route in (*function.app._static_routes, *function.app._dynamic_routes)
    }
    assert routes == documented()


def test_every_route_of_the_gateway_is_documented_and_the_other_way_round():
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"].values()
    events = [each for resource in resources for each in resource["Properties"].get("Events", {}).values()]
    api_events = [event["Properties"] for event in events if event["Type"] == "Api"]
    assert {(each["Path"], each["Method"].lower()) for each in api_events} - UNDOCUMENTED == documented()
