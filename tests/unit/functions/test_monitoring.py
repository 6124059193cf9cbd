"""A batch is held against the model's training notes: in its summary, in CloudWatch, in the API's metrics."""

import json

import pytest
from chartcode_aws.batch_table import Batch, BatchTable
from publish_results import monitoring
from publish_results.app import lambda_handler as publish
from reviews import training_drift
from reviews.app import lambda_handler as reviews

from chartcode import artefact
from chartcode.reference import Counts, Distribution, Reference
from chartcode.result import BilledCode, Entity, ModelInfo, NoteResult, RankedCode

HALVES = Distribution(edges=(20.0,), shares=(0.5, 0.5))
HEART = "Diseases of the circulatory system (I00-I99)"
KNOWN = Reference(
    sources={"made up": 2},
    billed={HEART: 1.0},
    mentioned={HEART: 1.0},
    characters=HALVES,
    entities=Distribution(edges=(1.0,), shares=(0.0, 1.0)),
    unknown_words=Distribution(edges=(0.5,), shares=(1.0, 0.0)),
    auto_rate=0.5,
)
VERSION = artefact.read_manifest(artefact.locate()).version
NOTES = 300


def result(number):
    code = {"code": "I10", "description": "words", "probability": 0.9}
    return NoteResult(
        id=f"n{number}",
        codes=(BilledCode(**code, route="auto" if number % 3 else "review", evidence=()),),
        entities=(Entity(begin=0, end=1, text="x", section="s", codes=(RankedCode(**code),)),),
        model=ModelInfo(version=VERSION, code_set="c", code_set_release="2026-04-01"),
    )


@pytest.fixture
def reference(monkeypatch):
    monkeypatch.setattr(monitoring, "_reference", lambda: KNOWN)
    monkeypatch.setattr(training_drift, "training_reference", lambda: KNOWN)
    monkeypatch.setattr("reviews.measures.training_reference", lambda: KNOWN)


@pytest.fixture
def batch(aws, event):
    """A coded batch of 300 notes; ask for its publication."""
    texts = ["Assessment: Hypertension of Zebra Smith." if number % 10 else "Gout." for number in range(NOTES)]
    objects = {
        "manifest.json": json.dumps({"batch_id": "batch-1", "files": []}),
        "prepared/counts.json": json.dumps(
            {"files": 1, "read": NOTES, "accepted": NOTES, "quarantined": 0, "duplicates": 0, "reasons": {}}
        ),
        "prepared/shard-00000.jsonl": "\n".join(json.dumps({"text": text}) for text in texts),
        "results/shard-00000.jsonl": "\n".join(result(number).model_dump_json() for number in range(NOTES)),
    }
    for name, content in objects.items():
        aws.put_object(Bucket="results", Key=f"batches/batch-1/{name}", Body=content.encode())
    return event("publish_results")[0]


def test_the_summary_holds_counts_and_drift_and_no_text(batch, reference, context, capsys):
    summary = publish(batch, context)
    found = summary["monitoring"]
    assert found["model_version"] == VERSION
    assert found["counts"]["billed"] == found["counts"]["mentioned"] == {HEART: NOTES}
    assert found["counts"]["characters"] == [30, 270]  # one note in ten is shorter than 20 characters
    # (0.1 - 0.5) ln(0.1 / 0.5) + (0.9 - 0.5) ln(0.9 / 0.5)
    assert found["drift"]["characters"] == pytest.approx(0.8789, abs=1e-4)
    assert (found["drift"]["billed"], found["drift"]["entities"]) == (0, 0)
    emitted = json.loads(next(line for line in capsys.readouterr().out.splitlines() if "NoteLengthDrift" in line))
    assert (emitted["CodeMixDrift"], emitted["NoteLengthDrift"]) == ([0], [found["drift"]["characters"]])
    assert emitted["AutoRate"] == [pytest.approx(200 / 3)]
    assert "Zebra" not in json.dumps(summary)


def test_the_table_keeps_what_the_summary_says(batch, reference, context):
    summary = publish(batch, context)
    assert BatchTable().get("batch-1").summary == summary


def test_a_small_batch_emits_no_drift(batch, reference, context, monkeypatch, capsys):
    monkeypatch.setattr("chartcode.reference.ENOUGH", NOTES + 1)
    summary = publish(batch, context)
    assert set(summary["monitoring"]["drift"].values()) == {None}
    assert not any(name in capsys.readouterr().out for name in ("CodeMixDrift", "NoteLengthDrift", "AutoRate"))


def test_an_artefact_without_a_reference_is_not_monitored(batch, context, monkeypatch):
    monkeypatch.setattr(monitoring, "_reference", lambda: None)
    assert publish(batch, context)["monitoring"] is None


def test_texts_are_taken_of_shards_spread_over_the_batch(aws, monkeypatch):
    monkeypatch.setattr(monitoring, "MOST_SHARDS", 2)
    for number in range(5):
        body = json.dumps({"text": str(number)}).encode()
        aws.put_object(Bucket="results", Key=f"batches/batch-1/prepared/shard-{number:05d}.jsonl", Body=body)
    assert list(monitoring._texts(monitoring.BatchStore("batch-1"))) == ["0", "3"]


def ended(number, version, billed):
    counts = Counts(billed=billed, mentioned={}, characters=[300, 0], entities=[0, 300], unknown_words=[300, 0])
    found = {"model_version": version, "counts": counts.model_dump()}
    codes = sum(billed.values())
    summary = {"coded": 300, "codes": codes, "auto": 0, "code_mix": billed, "monitoring": found}
    return Batch(id=f"batch-{number}", status="SUCCEEDED", files=1, summary=summary)


def test_metrics_hold_the_period_against_the_training_notes(aws, rest, reference):
    BatchTable().create(ended(1, VERSION, {HEART: 100, "Skin": 100}))
    BatchTable().create(ended(2, VERSION, {HEART: 50, "Skin": 50}))
    BatchTable().create(ended(3, "an earlier model", {"Skin": 1000}))
    _, _, found = rest(reviews, "GET", "/v1/metrics")
    drift = found["training_drift"]
    assert (drift["batches"], drift["sources"], drift["auto_rate"]) == (2, {"made up": 2}, 0.5)
    # 150 of each chapter, where the reference has one only: (0.5 - 1) ln 0.5 + (0.5 - 0.0001) ln(0.5 / 0.0001)
    assert drift["billed"] == pytest.approx(4.6043, abs=1e-4)
    assert (drift["mentioned"], drift["entities"]) == (None, 0)
    shares = {each["chapter"]: each["training_share"] for each in found["code_mix"]}
    assert shares == {HEART: 1.0, "Skin": 0.0}


def test_metrics_without_a_measured_batch_have_no_training_drift(aws, rest, reference):
    assert rest(reviews, "GET", "/v1/metrics")[2]["training_drift"] is None
