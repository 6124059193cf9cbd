"""The codes of a reviewed note as files: a list, CSV, JSON, FHIR."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from chartcode import NoteResult, fhir
from frontend.review import FinalCode

COLUMNS = ("note_id", "position", "code", "description", "decision", "probability", "evidence")


def as_list(codes: Iterable[FinalCode]) -> str:
    """Return one line a code, to paste elsewhere."""
    return "\n".join(f"{code.code}\t{code.description}" for code in codes)


def rows(note_id: str, codes: Iterable[FinalCode]) -> list[dict[str, Any]]:
    """Return one record a code, in billing order."""
    return [
        {
            "note_id": note_id,
            "position": position,
            "code": code.code,
            "description": code.description,
            "decision": code.decision or "undecided",
            "probability": code.source.get("probability"),
            "evidence": evidence(code.source),
        }
        for position, code in enumerate(codes, start=1)
    ]


def evidence(source: Mapping[str, Any]) -> list[str]:
    """Return the words that justify a code, each once, without those that stand inside longer ones."""
    found: list[str] = []
    end = 0
    for each in sorted(source.get("evidence", ()), key=lambda each: (each["begin"], -each["end"])):
        if each["end"] > end:
            found.append(each["text"])
            end = each["end"]
    return list(dict.fromkeys(found))


def as_csv(note_id: str, codes: Iterable[FinalCode]) -> str:
    """Return the codes as a CSV table."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    for row in rows(note_id, codes):
        cells = row | {"evidence": "; ".join(row["evidence"])}
        # A spreadsheet takes a cell that begins with one of these for a formula.
        table.writerow({k: f"'{v}" if str(v).startswith(("=", "+", "-", "@")) else v for k, v in cells.items()})
    return text.getvalue()


def as_json(note_id: str, codes: Iterable[FinalCode], answer: Mapping[str, Any]) -> str:
    """Return the codes as JSON, with the model that suggested them."""
    return json.dumps({"note_id": note_id, "codes": rows(note_id, codes), "model": answer["model"]}, indent=2)


def as_fhir(note_id: str, codes: Iterable[FinalCode], answer: Mapping[str, Any]) -> str:
    """Return the codes as the API's FHIR Bundle of Conditions, after the coder's decisions."""
    final = list(codes)
    billed = [
        {"evidence": [], "probability": 1.0, **code.source, "code": code.code, "description": code.description}
        for code in final
    ]
    names = {code.code for code in final}
    others = [code for code in answer.get("not_billed", ()) if code["code"] not in names]
    result = NoteResult.model_validate({**answer, "codes": billed, "not_billed": others})
    return json.dumps(fhir.bundle(result, note_id), indent=2)
