"""Reviewed notes as `training.data.LabelledNote` reads them."""

from __future__ import annotations

import json

from chartcode.sentences import split
from reviews.review_table import ReviewedNote


def line(note: ReviewedNote, text: str) -> str:
    """Return a reviewed note as a line of JSON: its final codes, and the sentences that are their evidence."""
    sentences = split(text)
    evidence = {
        (final.code, text[sentence.begin : sentence.end].strip()): None
        for final in note.codes
        for span in final.evidence
        for sentence in sentences
        if sentence.begin < span.end and span.begin < sentence.end
    }
    record = {
        "id": note.note_id,
        "text": text,
        "codes": list(dict.fromkeys(final.code for final in note.codes)),
        "evidence_sentences": [{"code": code, "text": words} for code, words in evidence],
    }
    return json.dumps(record, ensure_ascii=False) + "\n"
