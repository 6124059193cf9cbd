"""Schemas of the data files beside this module: what notes say, and the words they say it with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chartcode.rules import parse

_FOLDER = Path(__file__).parent


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Data):
    """A billable code, and how clinicians and patients write it."""

    code: str = Field(pattern=r"^[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?$")
    phrases: tuple[str, ...] = Field(min_length=1)


class Conditions(_Data):
    """``conditions.json``."""

    conditions: tuple[Condition, ...]


class Templates(_Data):
    """``templates.json``: sentences, the layouts of notes, and which codes fit which slot and patient.

    A slot in braces is a mention (``{problem}``, ``{symptom}``, ``{past}``, ``{relative}``, ``{other}``) or a
    value (``{age}``, ``{bp}`` and the like). A layout is a list of headings and names of parts.
    """

    openings: tuple[str, ...]
    reasons: tuple[str, ...]
    present: tuple[str, ...]
    past: tuple[str, ...]
    problems: tuple[str, ...]
    plans: tuple[str, ...] = Field(description="Lines under a problem; what they mention is not assessed")
    summaries: tuple[str, ...] = Field(description="Lines that open an assessment; what they mention is not assessed")
    negated: tuple[str, ...]
    review: tuple[str, ...]
    uncertain: tuple[str, ...]
    family: tuple[str, ...]
    historical: tuple[str, ...]
    hypothetical: tuple[str, ...]
    fillers: dict[str, tuple[str, ...]] = Field(description="Parts without mentions, by name")
    layouts: tuple[tuple[str, ...], ...]
    symptom_codes: tuple[str, ...] = Field(description="Code prefixes of symptoms")
    family_codes: tuple[str, ...] = Field(description="Code prefixes of what relatives have")
    sexes: dict[str, tuple[str, ...]] = Field(description="Code prefixes that fit one sex only")
    ages: dict[str, tuple[int, int]] = Field(description="Code prefixes that fit some years of age only")

    @model_validator(mode="after")
    def _parts_exist(self) -> Templates:
        for layout in self.layouts:
            for part in layout:
                known = (*self.fillers, *type(self).model_fields, "restated")
                if part.islower() and part not in known:
                    raise ValueError(f"layout names {part!r}, which is no part")
        return self


_Schema = TypeVar("_Schema", bound=BaseModel)


@cache
def load(schema: type[_Schema]) -> _Schema:
    """Return the data file of `schema`: ``templates.json`` for `Templates`, and so on."""
    path = _FOLDER / f"{schema.__name__.lower()}.json"
    return parse(schema, path.name, path.read_bytes())
