"""The deployed API against its own document: examples and generated requests, valid and invalid ones."""

from collections import Counter

import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.settings import ROOT

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Generated requests for an operation, beside its examples.
EXAMPLES = 15
# With a valid key always: the emulator's own answer to a wrong one is not the gateway response of the template.
CONFIG = {
    "seed": 7,
    "rate-limit": "15/s",  # the stack's throttle is 20
    "generation": {
        "mode": "all",
        "max-examples": EXAMPLES,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,
    },
    "phases": {"coverage": {"enabled": False}},  # every boundary of every field: minutes
}
schema = schemathesis.openapi.from_path(ROOT / "docs" / "openapi.json", config=schemathesis.Config.from_dict(CONFIG))
sent = Counter()


@pytest.fixture(scope="module", autouse=True)
def number_of_cases(request):
    yield
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(  # noqa: T201
            f"\nschemathesis: {sent.total()} cases, {dict(sorted(sent.items()))}"
        )


def check(case, stack):
    response = case.call(stack.api_url, headers={"x-api-key": stack.api_key}, timeout=60)
    sent[f"{case.method} {case.path} {response.status_code}"] += 1
    case.validate_response(response, checks=CHECKS)
    return response.status_code


@schema.parametrize()
def test_the_api_does_what_its_document_says(case, stack):
    check(case, stack)


@pytest.mark.parametrize("code", ["9", "I10-I1A", "I10", "I11", "S82.001A"])
def test_chapters_blocks_and_codes(stack, code):
    assert check(schema["/v1/codes/{code}"]["GET"].Case(path_parameters={"code": code}), stack) == 200


@pytest.mark.parametrize(("path", "status"), [("", 200), ("/results", 409), ("/quarantine", 200)])
def test_a_batch_that_exists(stack, send, path, status):
    order = send("POST", "/v1/batches", json={"files": ["a.txt"]}).json()
    case = schema["/v1/batches/{id}" + path]["GET"].Case(path_parameters={"id": order["id"]})
    assert check(case, stack) == status
