import pytest

from chartcode.candidates import Match
from chartcode.features import Context
from chartcode.mentions import ScoredCode
from chartcode.persons import without_names


def scored(text, *mentions):
    spans, start = [], 0
    for mention in mentions:
        start = text.index(mention, start)
        spans.append((start, start + len(mention)))
    contexts = tuple(Context(f"section {i}", ()) for i in range(len(spans)))
    return ScoredCode("G36.1", "", 0.9, Match("G36.1"), tuple(spans), contexts)


@pytest.mark.parametrize(
    ("text", "mention"),
    [("Seen by Dr. Hurst today.", "Hurst"), ("BP 120/80\nMr. Parkinson came alone.\nNo pain.", "Parkinson")],
)
def test_a_name_is_no_mention(text, mention):
    assert without_names([scored(text, mention)], text) == []


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("Dr. Hurst follows her hypertension.", "hypertension"),
        ("Hypertension, seen by Dr. Hurst.", "Hypertension"),
        ("Assessment: Crohn's disease.", "Crohn's disease"),
    ],
)
def test_other_mentions_stay(text, mention):
    each = scored(text, mention)
    assert without_names([each], text) == [each]


def test_a_code_keeps_its_other_mentions_with_their_contexts():
    text = "Dr. Parkinson: Parkinson's disease."
    (kept,) = without_names([scored(text, "Parkinson", "Parkinson's disease")], text)
    assert [text[begin:end] for begin, end in kept.spans] == ["Parkinson's disease"]
    assert [context.section for context in kept.contexts] == ["section 1"]
