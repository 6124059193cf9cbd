import datetime as dt
import json

import pytest
from typer.testing import CliRunner

from chartcode import Coder, cli
from chartcode.errors import ArtefactError
from chartcode.note import check
from chartcode.result import BilledCode, Candidate, ModelInfo, NoteResult

MODEL = ModelInfo(version="1", code_set="ICD-10-CM", code_set_release=dt.date(2026, 4, 1))
SECRET = "Xylographic"


class Codes:
    """A coder that finds hypertension in every note."""

    def code(self, text, *, note_id=None, age=None, sex=None, candidates=False):
        check(text)
        ranked = (
            Candidate(code="I10", probability=0.9, mentioned=True),
            Candidate(code="J44.9", probability=0.1, mentioned=False),
        )
        billed = BilledCode(code="I10", description="Essential (primary) hypertension", probability=0.9, evidence=())
        return NoteResult(
            id=note_id, codes=(billed,), entities=(), candidates=ranked if candidates else None, model=MODEL
        )


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(Coder, "load", lambda: Codes())
    return lambda *arguments, **kwargs: CliRunner().invoke(cli.app, [str(a) for a in arguments], **kwargs)


def jsonl(path, *records):
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def records(output):
    return [json.loads(line) for line in output.splitlines()]


def test_jsonl_keeps_its_order(run, tmp_path):
    notes = jsonl(tmp_path / "n.jsonl", *({"id": name, "text": "HTN"} for name in ("b", "a", "c")))
    done = run("code", notes)
    assert done.exit_code == 0
    assert [record["id"] for record in records(done.stdout)] == ["b", "a", "c"]
    assert "candidates" not in records(done.stdout)[0]


def test_output_file_and_candidates(run, tmp_path):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN"})
    done = run("code", notes, "-o", tmp_path / "out.jsonl", "--candidates")
    assert (done.exit_code, done.stdout) == (0, "")
    (record,) = records((tmp_path / "out.jsonl").read_text())
    assert record["candidates"][0] == {"code": "I10", "probability": 0.9, "mentioned": True}


def test_plain_text_is_one_note_named_by_its_file(run, tmp_path):
    (tmp_path / "visit.txt").write_text("Assessment:\nHTN\n")
    done = run("code", tmp_path / "visit.txt")
    assert [record["id"] for record in records(done.stdout)] == ["visit"]


@pytest.mark.parametrize(
    ("given", "ids"), [("HTN", ["stdin"]), ('{"id":"1","text":"HTN"}\n{"id":2,"text":"x"}', ["1", "2"])]
)
def test_standard_input(run, given, ids):
    done = run("code", "-", input=given)
    assert [record["id"] for record in records(done.stdout)] == ids


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ('{"id":"2","text":"' + SECRET, "not a JSON object"),
        (f'["{SECRET}"]', "not a JSON object"),
        ({"id": "2"}, "text"),
        ({"id": "2", "text": SECRET, "age": -1}, "age"),
        ({"id": "2", "text": SECRET, "sex": "X"}, "sex"),
        ({"id": "2", "text": "  123 "}, "no words"),
        ({"id": "2", "text": SECRET * 20_000}, "200000"),
    ],
)
def test_a_bad_record_is_named_without_its_text_and_the_others_are_coded(run, tmp_path, bad, message):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN"}, bad, {"id": "3", "text": "HTN"})
    done = run("code", notes)
    assert done.exit_code == 1
    assert [record["id"] for record in records(done.stdout)] == ["1", "3"]
    assert "n.jsonl:2: " in done.stderr
    assert message in done.stderr
    assert SECRET not in done.stderr
    assert "1 of 3" in done.stderr


def test_a_line_that_is_not_utf8_spoils_only_itself(run, tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_bytes(b'{"id":"1","text":"HTN"}\n{"id":"2","text":"\xff"}\n{"id":"3","text":"HTN"}\n')
    done = run("code", path)
    assert done.exit_code == 1
    assert [record["id"] for record in records(done.stdout)] == ["1", "3"]
    assert "n.jsonl:2: not UTF-8" in done.stderr


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(run, tmp_path):
    path = tmp_path / "n.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id":"1","text":"HTN"}\r\n\r\n{"id":"2","text":"HTN"}\r\n')
    done = run("code", path)
    assert (done.exit_code, len(records(done.stdout))) == (0, 2)


def test_an_empty_file_is_not_a_success(run, tmp_path):
    (tmp_path / "n.jsonl").touch()
    done = run("code", tmp_path / "n.jsonl")
    assert done.exit_code == 1
    assert "no note" in done.stderr


def test_the_output_never_overwrites_the_input(run, tmp_path):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN"})
    before = notes.read_text()
    assert run("code", notes, "-o", notes).exit_code == 2
    assert notes.read_text() == before


@pytest.mark.parametrize(
    "arguments", [("code", "/no/such/file"), ("evaluate", "/no/such/file"), ("code",), ("code", ".")]
)
def test_what_cannot_run_exits_with_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_a_missing_model_exits_with_2_and_says_what_to_run(monkeypatch, tmp_path):
    def missing():
        raise ArtefactError("No model. Run `make train`.")

    monkeypatch.setattr(Coder, "load", missing)
    done = CliRunner().invoke(cli.app, ["code", str(jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN"}))])
    assert done.exit_code == 2
    assert "make train" in done.stderr


def test_evaluate_json(run, tmp_path):
    notes = jsonl(
        tmp_path / "n.jsonl",
        {"id": "1", "text": "HTN", "codes": ["I10", "J44.1"]},
        {"id": "2", "text": "HTN", "codes": ["I10"]},
    )
    done = run("evaluate", notes, "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["level"], report["notes"]) == ("entities", 2)
    # I10 met twice of three gold codes, nothing wrong: F1 = 4/5; AP 1/2 and 1.
    assert report["exact"]["micro_f1"] == pytest.approx(0.8)
    assert report["exact"]["map"] == pytest.approx(0.75)
    # At three characters J44 stands at rank 2 of the first note: AP 1 and 1.
    assert report["category"]["map"] == pytest.approx(1)
    assert set(report["exact"]) == set(report["category"])


def test_evaluate_at_code_level_with_another_gold_field(run, tmp_path):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN", "gold": ["J44.9"], "codes": ["I10"]})
    report = json.loads(run("evaluate", notes, "--level", "codes", "--gold-field", "gold", "--json").stdout)
    assert (report["level"], report["exact"]["micro_f1"], report["exact"]["map"]) == ("codes", 0, 0.5)


def test_evaluate_prints_a_table(run, tmp_path):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": "HTN", "codes": ["I10"]})
    assert "micro_f1" in run("evaluate", notes).stdout


@pytest.mark.parametrize("gold", [{}, {"codes": "I10"}, {"codes": [10]}])
def test_evaluate_refuses_notes_without_gold_codes(run, tmp_path, gold):
    notes = jsonl(tmp_path / "n.jsonl", {"id": "1", "text": SECRET, **gold})
    done = run("evaluate", notes)
    assert done.exit_code == 2
    assert "n.jsonl:1" in done.stderr
    assert SECRET not in done.stderr


def test_the_shipped_model_codes_and_is_evaluated(tmp_path):
    notes = jsonl(
        tmp_path / "n.jsonl",
        {"id": "1", "text": "Assessment: Gout.", "codes": ["M10.9"]},
        {"id": "2", "text": "Assessment: Asthma.", "codes": ["J45.909", "I10"]},
    )
    first, _ = records(CliRunner().invoke(cli.app, ["code", str(notes)]).stdout)
    assert first["codes"][0]["code"] == "M10.9"
    assert first["codes"][0]["evidence"] == [{"begin": 12, "end": 16, "text": "Gout"}]
    report = json.loads(CliRunner().invoke(cli.app, ["evaluate", str(notes), "--level", "codes", "--json"]).stdout)
    assert report["exact"]["micro_recall"] == pytest.approx(2 / 3)


def test_verify(monkeypatch, tmp_path):
    assert "whole" in CliRunner().invoke(cli.app, ["verify"]).stdout
    monkeypatch.setenv("CHARTCODE_MODEL_DIR", str(tmp_path))
    done = CliRunner().invoke(cli.app, ["verify"])
    assert done.exit_code == 2
    assert "make train" in done.stderr
