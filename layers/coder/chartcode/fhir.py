"""The answer for a note as FHIR R4: a Bundle of Conditions that nobody has confirmed yet.

A billed code is a Condition of category encounter-diagnosis. A mentioned code that is not billed has no category; its
note says why. What the note says of relatives, or of what may come, is no condition of the patient: it has none.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from chartcode import rules
from chartcode.result import BilledCode, Evidence, ModelInfo, NotBilledCode, NoteResult
from chartcode.rules import Assertion

CONTENT_TYPE = "application/fhir+json"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
EVIDENCE_EXTENSION = "urn:chartcode:evidence"
PROBABILITY_EXTENSION = "urn:chartcode:probability"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"

_AnyCode = BilledCode | NotBilledCode
# Assertion of a mention: clinical status and verification status of its Condition.
_STATUS: dict[Assertion | None, tuple[str | None, str]] = {
    None: ("active", "unconfirmed"),
    "HISTORICAL": ("inactive", "unconfirmed"),
    "LOW_CONFIDENCE": ("active", "provisional"),
    "NEGATION": (None, "refuted"),
}


def bundle(result: NoteResult, note_id: str | None = None) -> dict[str, Any]:
    """Return `result` as a FHIR R4 Bundle of type collection.

    Parameters
    ----------
    note_id
        Identifier of the note; by default that of the result.
    """
    note_id = note_id or result.id
    tags = [
        {"system": "urn:chartcode:model-version", "code": result.model.version},
        {
            "system": "urn:chartcode:code-set-release",
            "code": result.model.code_set_release.isoformat(),
            "display": result.model.code_set,
        },
    ]
    found: dict[str, Any] = {"resourceType": "Bundle", "meta": {"tag": tags}, "type": "collection"}
    if note_id:
        found["identifier"] = {"system": "urn:chartcode:note", "value": note_id}
    entries = [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in _conditions(result, note_id)]
    if entries:  # FHIR knows no empty array
        found["entry"] = entries
    return found


def _conditions(result: NoteResult, note_id: str | None) -> Iterator[dict[str, Any]]:
    seed = note_id or result.request_id or str(uuid.uuid4())
    codes: list[_AnyCode] = [*result.codes, *result.not_billed]
    for position, code in enumerate(codes):
        assertion = _assertion(code)
        if assertion not in _STATUS:
            continue
        clinical, verification = _STATUS[assertion]
        condition: dict[str, Any] = {
            "resourceType": "Condition",
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:chartcode:note:{seed}#{position}")),
            "extension": [{"url": PROBABILITY_EXTENSION, "valueDecimal": code.probability}],
            "verificationStatus": _concept("condition-ver-status", verification),
            "code": _code(code, result.model),
            # A note does not say who it is about; whoever stores the Condition knows.
            "subject": {"display": f"Patient of note {note_id}" if note_id else "Patient of the note"},
        }
        if clinical:
            condition["clinicalStatus"] = _concept("condition-clinical", clinical)
        if isinstance(code, BilledCode):
            condition["category"] = [_concept("condition-category", "encounter-diagnosis")]
        if code.evidence:
            condition["evidence"] = [_evidence(each) for each in code.evidence]
        if notes := _notes(code):
            condition["note"] = notes
        yield condition


def _assertion(code: _AnyCode) -> Assertion | None:
    """Return what the note asserts of a code's condition; None where it simply has it."""
    if code.description.startswith("Personal history"):
        return "HISTORICAL"
    if isinstance(code, BilledCode):
        return None
    if code.description.startswith("Family history"):
        return "PERTAINS_TO_FAMILY"
    return next((key for key, rule in rules.load(rules.Edits).not_billed.items() if rule == code.edit.rule), None)


def _code(code: _AnyCode, model: ModelInfo) -> dict[str, Any]:
    coding = {
        "system": ICD_10_CM,
        "version": model.code_set_release.isoformat(),
        "code": code.code,
        "display": code.description,
    }
    return {"coding": [coding], "text": code.description}


def _notes(code: _AnyCode) -> list[dict[str, Any]]:
    """Return the edits that touched a code, or the one that took it off the bill."""
    if isinstance(code, BilledCode):
        return [{"text": f"{edit.reason} ({edit.guideline})"} for edit in code.edits]
    return [{"text": f"Not billed: {code.edit.reason} ({code.edit.guideline})"}]


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """Return words of the note, with where they stand in it (code points)."""
    offsets = [{"url": name, "valueUnsignedInt": getattr(evidence, name)} for name in ("begin", "end")]
    return {"extension": [{"url": EVIDENCE_EXTENSION, "extension": offsets}], "code": [{"text": evidence.text}]}
