"""A coded note in the words of InferICD10CM."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from chartcode import rules
from chartcode.result import Entity, NoteResult

# The past (HISTORICAL) has no trait in Comprehend Medical.
_TRAITS = ("NEGATION", "PERTAINS_TO_FAMILY", "HYPOTHETICAL", "LOW_CONFIDENCE")
# Traits and attributes come from rules, which say yes or no and give no probability.
_CERTAIN = 1.0
# What an examination or a test shows is observed by the clinician; other symptoms are told by the patient.
_OBSERVED_SECTIONS = ("physical_exam", "results")
_TEST_FINDINGS = ("R70", "R94")
# External causes and reasons for contact with health services (chapters 20 and 21) are no conditions.
_NO_CONDITION = ("V", "W", "X", "Y", "Z")
# The words that Comprehend Medical's guide names, where they stand in the mention itself.
_ATTRIBUTES = re.compile(
    r"\b(?:(?P<ACUITY>acute|subacute|chronic|sudden|persistent|gradual)"
    r"|(?P<DIRECTION>left|right|bilateral|medial|lateral|upper|lower|posterior|anterior|distal|proximal"
    r"|contralateral|ipsilateral|dorsal|ventral)"
    r"|(?P<QUALITY>(?:stage|grade)\s+(?:\d[a-z]?|[ivx]+)))\b",
    re.IGNORECASE,
)


def response(result: NoteResult) -> dict[str, Any]:
    """Return the answer of InferICD10CM for a coded note."""
    ids = itertools.count()
    entities = [_entity(entity, ids) for entity in result.entities]
    return {"Entities": entities, "ModelVersion": result.model.version}


def _entity(entity: Entity, ids: Iterator[int]) -> dict[str, Any]:
    return {
        "Id": next(ids),
        "Text": entity.text,
        "Category": "MEDICAL_CONDITION",
        "Type": "DX_NAME",
        "Score": entity.codes[0].probability,
        "BeginOffset": entity.begin,
        "EndOffset": entity.end,
        "Attributes": [_attribute(found, entity.begin, next(ids)) for found in _ATTRIBUTES.finditer(entity.text)],
        "Traits": [{"Name": name, "Score": _CERTAIN} for name in _traits(entity)],
        "ICD10CMConcepts": [
            {"Description": code.description, "Code": code.code, "Score": code.probability} for code in entity.codes
        ],
    }


def _traits(entity: Entity) -> list[str]:
    asserted: list[str] = [name for name in _TRAITS if name in entity.traits]
    code = entity.codes[0].code
    if code.startswith(_NO_CONDITION):
        return asserted
    if not code.startswith(rules.load(rules.Edits).symptoms):
        return [*asserted, "DIAGNOSIS"]
    first, last = _TEST_FINDINGS
    observed = entity.section in _OBSERVED_SECTIONS or first <= code[:3] <= last
    return [*asserted, "SIGN" if observed else "SYMPTOM"]


def _attribute(found: re.Match[str], offset: int, identifier: int) -> dict[str, Any]:
    return {
        "Type": found.lastgroup,
        "Score": _CERTAIN,
        "RelationshipScore": _CERTAIN,
        "RelationshipType": "QUALITY" if found.lastgroup == "QUALITY" else "OVERLAP",
        "Id": identifier,
        "BeginOffset": offset + found.start(),
        "EndOffset": offset + found.end(),
        "Text": found.group(),
        "Traits": [],
        "Category": "DX_NAME",
    }
