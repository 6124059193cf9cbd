"""A note as HTML with its mentions marked: by assertion, by the codes they justify, and with their other readings."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from frontend.wording import AFFIRMED, ASSERTIONS, percent, section


@dataclass(frozen=True)
class Span:
    """Words of the note: a mention with its readings, or evidence of a code, or both."""

    begin: int
    end: int
    entity: Mapping[str, Any] | None = None
    code: str | None = None
    billed: bool = False


def spans(answer: Mapping[str, Any]) -> list[Span]:
    """Return every mention and every evidence of an answer of the API, in the note's order."""
    found = [Span(entity["begin"], entity["end"], entity=entity) for entity in answer["entities"]]
    for key in ("codes", "not_billed"):
        for code in answer.get(key, ()):
            for evidence in code["evidence"]:
                found.append(Span(evidence["begin"], evidence["end"], code=code["code"], billed=key == "codes"))
    return sorted(found, key=lambda span: (span.begin, -span.end))


def mark(text: str, found: Iterable[Span]) -> str:
    """Return `text` as HTML with its spans marked, in time linear in the note and its spans.

    Parameters
    ----------
    text
        The note.
    found
        Spans in the order of `spans`. Spans that overlap become one mention with one tooltip; inside it, each
        stretch is marked by its own assertion and codes.
    """
    parts: list[str] = []
    position = 0
    for number, group in enumerate(_groups(found)):
        begin, end = group[0].begin, max(span.end for span in group)
        parts.append(html.escape(text[position:begin], quote=False))
        parts.append(_mention(text, group, number))
        position = end
    parts.append(html.escape(text[position:], quote=False))
    return f'<div class="note" role="region" aria-label="The note" tabindex="0">{"".join(parts)}</div>'


def _groups(found: Iterable[Span]) -> Iterator[list[Span]]:
    group: list[Span] = []
    end = 0
    for span in found:
        if group and span.begin >= end:
            yield group
            group = []
        group.append(span)
        end = max(end, span.end) if len(group) > 1 else span.end
    if group:
        yield group


def _mention(text: str, group: Sequence[Span], number: int) -> str:
    edges = sorted({edge for span in group for edge in (span.begin, span.end)})
    marks = []
    for begin, end in pairwise(edges):
        here = [span for span in group if span.begin <= begin and end <= span.end]
        marks.append(_stretch(text[begin:end], here))
    codes = _codes(group)
    tooltip = _tooltip([span.entity for span in group if span.entity], number)
    described = f' aria-describedby="readings-{number}"' if tooltip else ""
    return f'<span class="mention" tabindex="0" data-codes="{codes}"{described}>{"".join(marks)}{tooltip}</span>'


def _stretch(words: str, here: Sequence[Span]) -> str:
    entity = next((span.entity for span in here if span.entity), None)
    style = assertion(entity["traits"]) if entity else AFFIRMED
    billed = " billed" if any(span.billed for span in here) else ""
    return f'<mark class="{style}{billed}" data-codes="{_codes(here)}">{html.escape(words, quote=False)}</mark>'


def _codes(found: Sequence[Span]) -> str:
    """Return the codes that spans are evidence of, billed ones first."""
    by_bill = sorted((span for span in found if span.code), key=lambda span: not span.billed)
    return html.escape(" ".join(dict.fromkeys(span.code for span in by_bill if span.code)))


def _tooltip(entities: Sequence[Mapping[str, Any]], number: int) -> str:
    if not entities:
        return ""
    lines = []
    for entity in entities:
        state = ASSERTIONS[assertion(entity["traits"])]
        lines.append(f"<b>{html.escape(entity['text'])}</b> {state}, {html.escape(section(entity['section']))}")
        lines += [
            f"<span><code>{html.escape(code['code'])}</code> {html.escape(code['description'])}"
            f" <i>{percent(code['probability'])}</i></span>"
            for code in entity["codes"]
        ]
    return f'<span class="readings" role="tooltip" id="readings-{number}">{"".join(lines)}</span>'


def assertion(traits: Iterable[str]) -> str:
    """Return the first trait that says how a mention is asserted, else affirmed."""
    return next((trait for trait in traits if trait in ASSERTIONS), AFFIRMED)


def legend() -> str:
    """Return the key to the marks as HTML."""
    states = {name: trait for trait, name in reversed(ASSERTIONS.items())}
    marks = "".join(f'<mark class="{trait}">{name}</mark>' for name, trait in reversed(states.items()))
    return f'<div class="legend"><mark class="{AFFIRMED} billed">billed</mark>{marks}</div>'
