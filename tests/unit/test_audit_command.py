"""`make audit-trail` on a table that moto holds."""

import json
from pathlib import Path

import boto3
import pytest
import typer
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
CALL = {"principal": "api-key:k1", "source_ip": "192.0.2.1", "request_id": "r-1"}
DAY, LATER = "2026-11-20", "2026-11-22"


def entry(action, day, key, **fields):
    from chartcode_aws.audit import Entry

    return Entry(action=action, time=f"{day}T10:00:00.000Z", key=key, **{**CALL, **fields})


@pytest.fixture
def ask(monkeypatch):
    """Ask for a part of a trail of two notes, one of which was in a batch; return the output."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        from chartcode_aws import audit

        from local import audit_trail

        given = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]["AuditTable"]["Properties"]
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        boto3.client("dynamodb").create_table(TableName="audit", **{key: given[key] for key in wanted})
        batch = {"batch_id": "batch-1", "principal": "batch:batch-1"}
        audit._client.cache_clear()
        audit.Trail("audit", 2192).append(
            [
                entry("CodeNote", DAY, "1", note_id="visit-1", codes=("M10.9", "I10"), model_version="m1"),
                entry("ReviewNote", LATER, "2", note_id="visit-1", codes=("I10",), reviewer="Ann"),
                entry("CreateBatch", DAY, "3", batch_id="batch-1", principal="arn:aws:iam::1:user/bob"),
                entry("CodeBatchNote", LATER, "4", note_id="Zebra Smith", codes=("J45.909",), **batch),
                entry("GetBatchResults", LATER, "5", batch_id="batch-1"),
                entry("CodeBatchNote", LATER, "6", note_id="other-1", **batch),
            ]
        )
        monkeypatch.setattr(audit_trail, "outputs", lambda stack: {"AuditTableName": {"chartcode": "audit"}[stack]})
        app = typer.Typer()
        app.command()(audit_trail.main)

        def run(*options):
            result = CliRunner().invoke(app, options, env={"COLUMNS": "250"})
            assert result.exit_code == 0, result.output
            return result.output

        yield run
        audit._client.cache_clear()


def actions(output):
    return [json.loads(line)["action"] for line in output.splitlines()]


def test_a_note_s_trail_is_whole(ask):
    assert actions(ask("--note", "visit-1", "--json")) == ["CodeNote", "ReviewNote"]
    shown = ask("--note", "visit-1")
    assert all(words in shown for words in ("api-key:k1 (Ann)", "M10.9, I10", "m1", "192.0.2.1", "2 entries"))


def test_a_note_of_a_batch_has_the_batch_s_trail_too_and_no_other_note_s(ask):
    output = ask("--note", "Zebra Smith", "--json")
    assert actions(output) == ["CreateBatch", "CodeBatchNote", "GetBatchResults"]
    assert "Zebra" not in output + ask("--note", "Zebra Smith")


def test_a_note_that_was_never_asked_for_has_none(ask):
    assert ask("--note", "visit-2", "--json") == ""


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--since", DAY, "--until", DAY), ["CodeNote", "CreateBatch"]),
        (("--since", "2026-11-21", "--until", LATER, "--code", "i10"), ["ReviewNote"]),
        (("--since", DAY, "--until", LATER, "--who", "user/bob"), ["CreateBatch"]),
        (("--since", DAY, "--until", LATER, "--who", "ann"), ["ReviewNote"]),
        (("--note", "visit-1", "--since", LATER), ["ReviewNote"]),
    ],
)
def test_days_codes_and_callers_narrow_it(ask, options, found):
    assert sorted(actions(ask(*options, "--json"))) == found
