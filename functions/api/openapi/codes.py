"""Coding notes, the code set, the model, health."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from api.openapi.parts import Section, answer, body, operation, path_parameter, query
from api.requests import CodeRequest, SearchQuery
from chartcode import fhir
from chartcode.hierarchy import Chapters, ChildCode, CodeInHierarchy, NamedCode
from chartcode.result import BilledCode, Entity, Evidence, ModelInfo, NoteResult, RankedCode
from chartcode.search import FoundCode, SearchResult

NOTE = "ASSESSMENT:\n1. Type 2 diabetes mellitus without complications.\n2. Essential hypertension."
MODEL = ModelInfo(
    version="2026.11.24-1041",
    code_set="ICD-10-CM FY2026, April 1, 2026 addenda",
    code_set_release=dt.date(2026, 4, 1),
)
_HYPERTENSION = "Essential (primary) hypertension"
_EVIDENCE = Evidence(begin=NOTE.index("Essential"), end=len(NOTE) - 1, text="Essential hypertension")
RESULT = NoteResult(
    id="visit-1",
    codes=(BilledCode(code="I10", description=_HYPERTENSION, probability=0.97, route="auto", evidence=(_EVIDENCE,)),),
    entities=(
        Entity(
            **_EVIDENCE.model_dump(),
            section="assessment",
            codes=(RankedCode(code="I10", description=_HYPERTENSION, probability=0.99),),
        ),
    ),
    model=MODEL,
    request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
_CHAPTER = NamedCode(code="9", description="Diseases of the circulatory system (I00-I99)")
_BLOCK = NamedCode(code="I10-I1A", description="Hypertensive diseases (I10-I1A)")
_CODE = CodeInHierarchy(
    code="I11",
    description="Hypertensive heart disease",
    billable=False,
    chapter="9",
    block="I10-I1A",
    category="I11",
    parent="I10-I1A",
    ancestors=(_CHAPTER, _BLOCK),
    children=(
        ChildCode(code="I11.0", description="Hypertensive heart disease with heart failure", billable=True),
        ChildCode(code="I11.9", description="Hypertensive heart disease without heart failure", billable=True),
    ),
    billable_children=(
        NamedCode(code="I11.0", description="Hypertensive heart disease with heart failure"),
        NamedCode(code="I11.9", description="Hypertensive heart disease without heart failure"),
    ),
)
_FOUND = SearchResult(
    query="HTN",
    codes=(FoundCode(code="I10", description=_HYPERTENSION, billable=True, matched="Hypertension", score=1.0),),
)


class Health(BaseModel):
    """Eclipse MicroProfile Health."""

    status: str
    checks: list[dict[str, str]]


_LIVE = Health(status="UP", checks=[])
_READY = Health(status="UP", checks=[{"name": "coder", "status": "UP"}])
_DOWN = Health(status="DOWN", checks=[{"name": "coder", "status": "DOWN"}])


def section() -> Section:
    """Return this part of the document."""
    coded = answer(RESULT, "The codes, each with its evidence")
    coded["content"][fhir.CONTENT_TYPE] = {
        "schema": {"type": "object", "description": "FHIR R4 Bundle of Conditions"},
        "example": fhir.bundle(RESULT),
    }
    note = body(CodeRequest(id="visit-1", text=NOTE))
    note["content"]["text/plain"] = {"schema": {"type": "string"}, "example": NOTE}
    code = path_parameter("code", "^[A-Za-z0-9.-]{1,10}$", "I11")
    search = query(SearchQuery)
    search[0]["example"] = _FOUND.query
    chapters = Chapters(chapters=(_CHAPTER,))
    note_problems, service = (400, 413, 415, 422), "Service"
    live = operation("live", "Is it running", service, {"200": answer(_LIVE, "It runs")}, security=[])
    ready_answers = {"200": answer(_READY, "It can code"), "503": answer(_DOWN, "It cannot")}
    paths = {
        "/v1/codes": {
            "post": operation("codeNote", "Code one note", "Notes", {"200": coded}, note_problems, requestBody=note),
            "get": operation(
                "searchCodes",
                "Search the code set by words, abbreviations or the beginning of a code",
                "Code set",
                {"200": answer(_FOUND, "Codes, best first")},
                [422],
                parameters=search,
            ),
        },
        "/v1/codes/{code}": {
            "get": operation(
                "getCode",
                "Describe one code, block or chapter",
                "Code set",
                {"200": answer(_CODE, "The code in its hierarchy")},
                [404],
                parameters=[code],
            )
        },
        "/v1/chapters": {
            "get": operation("listChapters", "List the chapters", "Code set", {"200": answer(chapters, "In order")})
        },
        "/v1/model": {
            "get": operation(
                "getModel", "Describe the model", service, {"200": answer(MODEL, "The model that answers")}
            )
        },
        "/health/live": {"get": live},
        "/health/ready": {"get": operation("ready", "Can it code", service, ready_answers, security=[])},
    }
    return Section(paths, (CodeRequest,), (NoteResult, SearchResult, CodeInHierarchy, Chapters, ModelInfo, Health))
