import json

import pytest
from typer.testing import CliRunner

from chartcode.cli import app

runner = CliRunner()
GOUT = {"id": "n1", "text": "Assessment: Gout.", "codes": ["M10.9"]}


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.jsonl"
    lines = [GOUT, {"id": "n2", "text": "Assessment: Asthma.", "codes": ["J45.909", "I10"]}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_code_writes_one_record_a_note_in_order(notes, tmp_path):
    output = tmp_path / "out.jsonl"
    result = runner.invoke(app, ["code", str(notes), "-o", str(output), "--candidates"])
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in output.read_text().splitlines()]
    assert [record["id"] for record in records] == ["n1", "n2"]
    assert records[0]["codes"][0]["code"] == "M10.9"
    assert set(records[0]["codes"][0]["evidence"][0]) == {"begin", "end", "text"}
    assert set(records[0]["candidates"][0]) == {"code", "probability", "mentioned"}


def test_a_plain_text_note_and_standard_input(tmp_path):
    note = tmp_path / "visit.txt"
    note.write_text(GOUT["text"])
    assert json.loads(runner.invoke(app, ["code", str(note)]).stdout)["id"] == "visit"
    piped = runner.invoke(app, ["code", "-"], input=json.dumps(GOUT))
    assert json.loads(piped.stdout)["id"] == "n1"


def test_bad_records_are_named_without_their_text_and_the_rest_is_coded(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"id": "a", "text": "secret \n' + json.dumps(GOUT) + '\n{"id": "b"}\n{"id": "c", "text": " "}\n')
    result = runner.invoke(app, ["code", str(path)])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["id"] == "n1"
    assert "mixed.jsonl:1: not a JSON object" in result.stderr
    assert "(text)" in result.stderr
    assert "3 of 4 notes" in result.stderr
    assert "secret" not in result.stderr


def test_evaluate_prints_json(notes):
    result = runner.invoke(app, ["evaluate", str(notes), "--level", "codes", "--json"])
    report = json.loads(result.stdout)
    assert (report["level"], report["notes"]) == ("codes", 2)
    assert report["exact"]["micro_recall"] == pytest.approx(2 / 3)
    assert {"micro_f1", "micro_precision", "micro_recall", "macro_f1", "map"} <= set(report["category"])


def test_evaluate_needs_gold_codes(tmp_path):
    path = tmp_path / "unlabelled.jsonl"
    path.write_text(json.dumps({"id": "n1", "text": "Gout."}) + "\n")
    result = runner.invoke(app, ["evaluate", str(path)])
    assert result.exit_code == 2
    assert "'codes'" in result.stderr


@pytest.mark.parametrize("arguments", [["code", "missing.jsonl"], ["evaluate", "missing.jsonl"]])
def test_a_missing_file_is_a_usage_error(arguments):
    assert runner.invoke(app, arguments).exit_code == 2


def test_verify_and_a_missing_model(monkeypatch, tmp_path):
    assert "whole" in runner.invoke(app, ["verify"]).stdout
    monkeypatch.setenv("CHARTCODE_MODEL_DIR", str(tmp_path))
    result = runner.invoke(app, ["verify"])
    assert result.exit_code == 2
    assert "make train" in result.stderr.replace("\n", " ")
