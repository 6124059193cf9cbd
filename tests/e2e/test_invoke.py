"""A sample event through the built handler under AWS's Runtime Interface Emulator."""

import json

from local.invoke import invoke
from local.settings import ROOT


def test_the_api_function_answers_its_sample_event(stack):
    event = ROOT / "events" / "api_code_note.json"
    expected = json.loads((ROOT / "events" / "api_code_note.expected.json").read_text())
    answer = invoke(event, stack.settings)
    assert answer["statusCode"] == expected["statusCode"]
    assert [code["code"] for code in json.loads(answer["body"])["codes"]] == expected["codes"]
