"""Names of persons are no mentions: Dr. Hurst has not Hurst's disease."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chartcode.candidates import Span, overlaps
from chartcode.deidentification import names
from chartcode.deidentification.tokens import Tokens
from chartcode.mentions import ScoredCode


def without_names(scored: Iterable[ScoredCode], text: str) -> list[ScoredCode]:
    """Return the scored codes of `text` without mentions that are a person's name; a code with no other goes."""
    lines: dict[Span, list[Span]] = {}
    kept = []
    for each in scored:
        real = [i for i, span in enumerate(each.spans) if not _is_name(span, text, lines)]
        if real:
            spans, contexts = tuple(each.spans[i] for i in real), tuple(each.contexts[i] for i in real)
            kept.append(replace(each, spans=spans, contexts=contexts))
    return kept


def _is_name(span: Span, text: str, lines: dict[Span, list[Span]]) -> bool:
    """Return whether `span` lies in a name; the names of a line are looked for once, and kept in `lines`."""
    begin, end = span
    if not text[begin:end].istitle():
        return False
    line = (text.rfind("\n", 0, begin) + 1, len(text) if (stop := text.find("\n", end)) < 0 else stop)
    if line not in lines:
        lines[line] = [(n.begin + line[0], n.end + line[0]) for n in names.find(Tokens(text[line[0] : line[1]]))]
    return any(overlaps(span, name) for name in lines[line])
