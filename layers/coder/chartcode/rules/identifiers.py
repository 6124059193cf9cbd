"""The schemas of the rule files that de-identification reads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from chartcode.rules.base import Rule

IdentifierKind = Literal[
    "NAME",
    "LOCATION",
    "DATE",
    "BIRTH_DATE",
    "AGE",
    "PHONE",
    "FAX",
    "EMAIL",
    "SSN",
    "MRN",
    "HEALTH_PLAN",
    "ACCOUNT",
    "LICENSE",
    "VEHICLE",
    "DEVICE",
    "URL",
    "IP",
    "BIOMETRIC",
    "PHOTO",
    "OTHER",
]


class IdentifierRule(Rule):
    """Identifiers of one kind, known by a regular expression or by what stands before them.

    Of a ``pattern`` the named groups are the identifier (all of it where it has none); ``<<part>>`` stands for a
    part of the file. ``labels`` stand before an identifier as they are ("MRN 123"), ``nouns`` with "no.", "number",
    "ID" or "#" ("order no. 123").
    """

    kind: IdentifierKind
    pattern: str = ""
    labels: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _pattern_or_labels(self) -> IdentifierRule:
        if bool(self.pattern) == bool(self.labels or self.nouns):
            raise ValueError("a rule has either a pattern, or labels and nouns")
        return self


class Identifiers(Rule):
    """``identifiers.json``: where two rules claim the same characters, the first is right."""

    parts: dict[str, str]
    rules: tuple[IdentifierRule, ...]


class Names(Rule):
    """``names.json``: what the names of persons are known by (lower case; credentials as they are written).

    ``first`` and ``last`` are frequent names of the US Census of 1990 (public domain) and of later years;
    ``ambiguous`` ones are ordinary words too. ``words`` are never names. ``eponyms`` stand for a disease, sign or
    device before a word of ``eponym_heads`` and after "``eponym_of`` of" (circle of Willis). ``surrogates`` stand for
    other names of their length.
    """

    first: frozenset[str]
    last: frozenset[str]
    ambiguous: frozenset[str]
    words: frozenset[str]
    eponyms: frozenset[str]
    eponym_heads: frozenset[str]
    eponym_of: frozenset[str]
    particles: frozenset[str]
    suffixes: frozenset[str]
    honorifics: frozenset[str]
    roles: frozenset[str]
    credentials: tuple[str, ...]
    weak_credentials: tuple[str, ...] = Field(description="Only after a comma, and with a name of the lists")
    labels: tuple[str, ...]
    relations: tuple[str, ...]
    by_cues: tuple[str, ...] = Field(description="Before a name of the lists, or initials and a name")
    naming_cues: tuple[str, ...] = Field(description="Before any name")
    closings: tuple[str, ...]
    verbs: frozenset[str] = Field(description="After a name of the lists")
    person_verbs: frozenset[str] = Field(description="After any name: only persons do this")
    surrogates: tuple[str, ...]


class Places(Rule):
    """``places.json``: what places smaller than a state, and organisations, are known by (lower case)."""

    cities: frozenset[str]
    states: frozenset[str]
    state_codes: frozenset[str]
    larger: frozenset[str] = Field(description="Countries, peoples and languages: no identifiers")
    saints: frozenset[str] = Field(description="Before a name, with or without a full stop: St. Paul")
    adjectives: frozenset[str] = Field(description="Ordinary words that begin the name of a place: Blue Ridge")
    heads: frozenset[str] = Field(description="A name before one of these is a place: Hospital, County")
    ordinary: frozenset[str] = Field(description="Alone before a head these name no place: General Hospital")
    place_cues: tuple[str, ...]
    organisation_cues: tuple[str, ...]
