"""Every control can fail, and every suppression is needed."""

import pytest

from tests.infrastructure import hipaa_doc
from tests.infrastructure.conftest import stage
from tests.infrastructure.control import controls
from tests.infrastructure.sam import ROOT

# A test that unpacks or indexes what is gone fails too.
FAILS = (AssertionError, KeyError, ValueError)
BREAKS = [(each, change) for each in controls().values() for change in each.breaks]


@pytest.mark.parametrize(("control", "change"), BREAKS, ids=[f"{c.rule}-{change[0]}" for c, change in BREAKS])
def test_a_control_fails_on_a_template_that_breaks_it(control, change):
    with pytest.raises(FAILS):
        control.test(stage(control.stages[-1]).broken(*change))


def test_every_suppression_has_a_reason_and_is_needed():
    template = stage("prod")
    tests = {rule: control.test for rule, control in controls().items()}
    for resource, rules in template.suppressions.items():
        for rule, reason in rules.items():
            assert reason.strip().endswith("."), (resource, rule)
            with pytest.raises(FAILS):
                tests[rule](template.without_suppression(resource, rule))


def test_the_development_stage_creates_nothing_that_costs_by_the_hour():
    services = {each["Type"].split("::")[1] for each in stage("dev").resources.values()}
    assert not services & {"EC2", "WAFv2", "CloudTrail", "Backup"}


def test_the_template_names_no_account_and_no_secret():
    text = (ROOT / "template.yaml").read_text()
    assert "NoEcho" not in text  # a parameter that holds a secret; there is none
    assert "AKIA" not in text


def test_the_document_of_the_controls_is_current():
    assert hipaa_doc.FILE.read_text() == hipaa_doc.render(), "run `make hipaa-doc`"
