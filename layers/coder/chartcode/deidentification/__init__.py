"""De-identification: the identifiers of HIPAA's Safe Harbor method, 45 CFR 164.514(b)(2)(i), give way to surrogates.

Every surrogate is as long as what it stands for, so that offsets into the text stay valid. What the rules do and
do not find is measured in ``docs/deidentification.md``. Loads without the coder and its libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import get_args

from chartcode.deidentification import names, patterns, places
from chartcode.deidentification.patterns import Identifier
from chartcode.deidentification.surrogates import surrogate
from chartcode.deidentification.tokens import Tokens
from chartcode.rules.identifiers import IdentifierKind

_KINDS: tuple[IdentifierKind, ...] = get_args(IdentifierKind)
_RUN = re.compile(rb"([^\x00])\1*")


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A note without its identifiers, and where they stood (in the note as given, and here)."""

    text: str = field(repr=False)
    spans: tuple[Identifier, ...]


def deidentify(text: str, salt: str = "") -> Deidentified:
    """Replace the identifiers of `text`.

    Parameters
    ----------
    salt
        The same identifier gets the same surrogate under the same salt. A secret one keeps surrogates from
        being traced back.
    """
    spans = tuple(_distinct(text, _all(text)))
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += [text[end : span.begin], surrogate(span.kind, text[span.begin : span.end], salt)]
        end = span.end
    parts.append(text[end:])
    return Deidentified("".join(parts), spans)


def _all(text: str) -> list[Identifier]:
    tokens = Tokens(text)
    return [*patterns.find(text), *places.find(tokens), *names.find(tokens)]


def _distinct(text: str, spans: list[Identifier]) -> Iterable[Identifier]:
    """Yield the spans without their overlaps, in order; the first of `spans` has a character that two claim."""
    owner = bytearray(len(text))
    for span in reversed(spans):
        owner[span.begin : span.end] = bytes([_KINDS.index(span.kind) + 1]) * (span.end - span.begin)
    for run in _RUN.finditer(owner):
        if any(character.isalnum() for character in text[run.start() : run.end()]):
            yield Identifier(run.start(), run.end(), _KINDS[run.group()[0] - 1])
