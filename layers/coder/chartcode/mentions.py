"""The mentions behind the scored codes of a note, and the entities that they form."""

from __future__ import annotations

from dataclasses import dataclass

from chartcode.candidates import Match, Span, overlaps
from chartcode.features import Context, Contexts
from chartcode.lexical import spelled_out
from chartcode.result import Entity, RankedCode, Trait
from chartcode.text import words

# Codes less likely than this are not even shown as alternatives of a mention.
MIN_ALTERNATIVE = 0.05
MAX_ALTERNATIVES = 5
# A phrase whose precision is at least this share of the best phrase's is evidence too.
PHRASE_SHARE = 0.5
MAX_SPANS = 8
# From this lexical cosine on, the note's own words name the code.
GOOD_COSINE = 0.6


@dataclass(frozen=True)
class ScoredCode:
    """A code of the note with its probability and its mentions (at least one), in text order."""

    code: str
    description: str
    probability: float
    match: Match
    spans: tuple[Span, ...]
    contexts: tuple[Context, ...]


def evidence_spans(match: Match, text: str) -> list[Span]:
    """Return the mentions of a candidate, in text order, none overlapping another.

    Lexical windows and learned phrases where there are any; else the span that is nearest in meaning.
    Where the words of the note name the code well, a learned phrase must share a word with them:
    phrases are learned from whole sentences, and hypertension often stands beside diabetes.
    """
    spans = list(match.lexical_spans) if match.cosine >= GOOD_COSINE else []
    named = {word.stem for begin, end in spans for word in spelled_out(text, words(text[begin:end], begin))}
    best = match.best
    if best is not None:
        strong = best.precision * PHRASE_SHARE
        spans += [
            span
            for span, phrase in match.phrase_spans
            if match.associations[phrase].precision >= strong
            and (not named or named.intersection(phrase.split()))
            and not any(overlaps(span, word) for word in match.lexical_spans if named)
        ]
    spans = spans or match.lexical_spans or ([match.dense_span] if match.dense_span is not None else [])
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (s[0] - s[1], s[0])):
        if not any(overlaps(span, other) for other in kept):
            kept.append(span)
    return sorted(kept)[:MAX_SPANS]


def entities(
    scored: list[ScoredCode], threshold: float, evidence: set[Span], text: str, contexts: Contexts
) -> list[Entity]:
    """Return the entities of a note in text order.

    Each mention of a code at or above `threshold` is an entity, or one more code of the entity that it
    overlaps, and so is what is `evidence` of the bill; less likely codes are listed as alternatives where they
    overlap one.

    Parameters
    ----------
    scored
        The scored codes that may be shown, most likely first.
    """
    spans: list[Span] = []
    codes: list[list[ScoredCode]] = []
    for each in scored:
        for span in each.spans:
            home = next((i for i, other in enumerate(spans) if overlaps(span, other)), None)
            if home is None and (each.probability >= threshold or span in evidence):
                spans.append(span)
                codes.append([each])
            elif home is not None and each not in codes[home]:
                codes[home].append(each)
    built = [_entity(span, found, text, contexts) for span, found in zip(spans, codes, strict=True)]
    return sorted(built, key=lambda entity: (entity.begin, entity.end))


def _entity(span: Span, found: list[ScoredCode], text: str, contexts: Contexts) -> Entity:
    context = contexts.at(span)
    traits: tuple[Trait, ...] = context.traits
    if found[0].code.startswith("R"):
        traits = (*traits, "SYMPTOM")
    return Entity(
        begin=span[0],
        end=span[1],
        text=text[span[0] : span[1]],
        section=context.section,
        traits=traits,
        codes=tuple(
            RankedCode(code=each.code, description=each.description, probability=round(each.probability, 4))
            for each in found[:MAX_ALTERNATIVES]
        ),
    )
