"""Age and sex of the patient, and weeks of gestation, as a note states them."""

from __future__ import annotations

import re

MOST_WEEKS = 45
_AGE = re.compile(
    r"\b(?P<number>\d{1,3})[\s-]*(?:(?P<years>years?|yrs?|yo?|y/o)|(?P<months>months?|mo)|(?P<days>days?|weeks?))"
    r"[\s-]*(?:old|of age)?\b",
    re.IGNORECASE,
)
_SEX = re.compile(
    r"\b(?:(?P<F>woman|female|girl|lady|she|her)|(?P<M>man|male|boy|gentleman|he|his|him))\b", re.IGNORECASE
)
_WEEKS = re.compile(
    r"\b(?P<number>\d{1,2})(?:\s*(?:\+\s*\d|w\s?\d\s?d))?[\s-]*(?:weeks?|wks?|w)?[\s-]*"
    r"(?:gestation|gestational age|pregnan\w+|of amenorrhea|GA\b|EGA\b|IUP\b)",
    re.IGNORECASE,
)


def stated_age(text: str) -> float | None:
    """Return the first age in years that the opening of `text` states (0 for weeks or days)."""
    match = _AGE.search(text[:600])
    if match is None:
        return None
    number = float(match["number"])
    if match["years"]:
        return number if number <= 120 else None
    return number / 12 if match["months"] else 0.0


def stated_sex(text: str) -> str | None:
    """Return ``F`` or ``M`` where the opening of `text` says one of them."""
    match = _SEX.search(text[:1000])
    return None if match is None else ("F" if match["F"] else "M")


def stated_weeks(text: str) -> int | None:
    """Return the first completed weeks of gestation that `text` states ("28 weeks pregnant", "32w4d GA")."""
    match = next((m for m in _WEEKS.finditer(text) if int(m["number"]) < MOST_WEEKS), None)
    return None if match is None else int(match["number"])
