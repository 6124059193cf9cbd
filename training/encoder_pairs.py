"""What the encoder is tuned on: wordings of one ICD-10-CM code together, other codes apart.

A pair holds a wording as a note may have it (inverted, abbreviated, in everyday words, misspelled, alone or within
a sentence) and another wording of its code. Codes of one category come together in a batch, so that siblings are
each other's hard negatives.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chartcode import rules
from training.synthetic.phrases import phrases
from training.synthetic.schema import Conditions, Templates, load
from training.terms import terms

# Injuries, external causes and their like fill half of the code set and little of a clinic's notes.
SELDOM_CHAPTERS = ("S", "T", "V", "W", "X", "Y", "O", "Q")
SELDOM_WEIGHT = 0.4
CATEGORIES_A_BATCH = 40
CODES_A_CATEGORY = 4
# Shares of wordings that are changed so, each drawn on its own.
SENTENCE_SHARE = 0.5
INVERTED_SHARE = 0.2
SYNONYM_SHARE = 0.35
ABBREVIATED_SHARE = 0.3
DROPPED_SHARE = 0.15
TYPO_SHARE = 0.1
# Of single wordings, this share are phrases that clinicians use every day.
COMMON_SHARE = 0.4

_SLOT = re.compile(r"\{(\w+)\}")
_VALUES = {"number": "3", "bp": "132/84", "hr": "78", "spo2": "97", "age": "58-year-old", "sex_letter": "F"}
_OF = re.compile(r"^(.{3,40}?) (?:of|in|due to|with) (.{3,40})$")
_EMPTY_WORDS = re.compile(
    r",? ?\b(?:unspecified|not otherwise specified|nos|other specified|nec|elsewhere classified)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wording:
    """``text[begin:end]`` is a wording of a code."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A wording as notes have it, and another wording of the same code, as the term index has it."""

    code: str
    wording: Wording
    term: str


class PairSampler:
    """Draws batches of pairs; the same seed gives the same batches."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311  (reproducible batches, not secrets)
        self._terms: defaultdict[str, list[str]] = defaultdict(list)
        for term in terms():
            self._terms[term.code].append(term.text)
        self._wordings = {code: list(texts) for code, texts in self._terms.items()}
        for condition in load(Conditions).conditions:
            self._wordings.setdefault(condition.code, []).extend(condition.phrases)
        self._common = [(phrase.code, phrase.text) for phrase in phrases() if phrase.common]
        self._codes: defaultdict[str, list[str]] = defaultdict(list)
        for code in self._terms:
            self._codes[code[:3]].append(code)
        self._categories = list(self._codes)
        self._weights = [
            len(codes) ** 0.5 * (SELDOM_WEIGHT if category.startswith(SELDOM_CHAPTERS) else 1.0)
            for category, codes in self._codes.items()
        ]
        self._sentences = _sentences()
        self._fillers = [each.term for each in rules.load(rules.LayTerms).terms]
        synonyms = rules.load(rules.WordSynonyms).groups
        self._synonyms = {word: group for group in synonyms for word in group}
        self._short = {each.expansion.lower(): each.form for each in rules.load(rules.Abbreviations).abbreviations}

    def batches(self, count: int) -> Iterator[list[Pair]]:
        """Yield `count` batches, each of different codes."""
        for _ in range(count):
            drawn = self._draw.choices(self._categories, self._weights, k=CATEGORIES_A_BATCH)
            codes: dict[str, None] = {}
            for category in dict.fromkeys(drawn):
                siblings = self._codes[category]
                codes.update(dict.fromkeys(self._draw.sample(siblings, min(CODES_A_CATEGORY, len(siblings)))))
            yield [self._pair(code) for code in codes]

    def wordings(self, count: int) -> Iterator[tuple[str, str, str]]:
        """Yield `count` wordings on their own: as written, its code, and the term or phrase that it was before.

        No word is dropped: "resistant hypertension" without its first word is another code's wording.
        """
        for _ in range(count):
            if self._draw.random() < COMMON_SHARE:
                code, text = self._draw.choice(self._common)
            else:
                category = self._draw.choices(self._categories, self._weights)[0]
                code = self._draw.choice(self._codes[category])
                text = self._draw.choice(self._wordings[code])
            yield self.vary(text, dropped_share=0), code, text

    def _pair(self, code: str) -> Pair:
        term = self._draw.choice(self._terms[code])
        others = [text for text in self._wordings[code] if text != term]
        wording = self.vary(self._draw.choice(others) if others else term)
        if self._draw.random() < SENTENCE_SHARE:
            return Pair(code, self._within_sentence(wording), term)
        return Pair(code, Wording(wording, 0, len(wording)), term)

    def vary(self, text: str, dropped_share: float = DROPPED_SHARE) -> str:
        """Return `text` as a note may have it."""
        draw = self._draw
        text = _EMPTY_WORDS.sub("", text).strip(" ,") or text
        if draw.random() < INVERTED_SHARE:
            text = _inverted(text)
        if draw.random() < SYNONYM_SHARE:
            text = " ".join(self._synonym(word) for word in text.split())
        if draw.random() < ABBREVIATED_SHARE:
            text = self._abbreviated(text)
        if draw.random() < dropped_share and len(words := text.split()) > 2:
            words.pop(draw.randrange(len(words)))
            text = " ".join(words)
        if draw.random() < TYPO_SHARE and len(text) > 7:
            at = draw.randrange(1, len(text) - 2)
            text = draw.choice((text[:at] + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :]))
        return text

    def _synonym(self, word: str) -> str:
        group = self._synonyms.get(word.lower().rstrip(","))
        return self._draw.choice(group) if group else word

    def _abbreviated(self, text: str) -> str:
        lower = text.lower()
        for expansion, form in self._short.items():
            at = lower.find(expansion)
            if at >= 0:
                return text[:at] + form + text[at + len(expansion) :]
        return text

    def _within_sentence(self, wording: str) -> Wording:
        before, after = (self._filled(part) for part in self._draw.choice(self._sentences))
        return Wording(before + wording + after, len(before), len(before) + len(wording))

    def _filled(self, text: str) -> str:
        return _SLOT.sub(lambda slot: _VALUES.get(slot[1]) or self._draw.choice(self._fillers), text)


def _inverted(text: str) -> str:
    """Return ``neoplasm, malignant`` for ``malignant neoplasm``-like commas, and ``B A`` for ``A of B``."""
    if text.count(",") == 1:
        head, tail = text.split(",")
        return f"{tail.strip()} {head.strip()}"
    turned = _OF.match(text)
    if turned:
        return f"{turned[2]} {turned[1]}"
    first, _, rest = text.partition(" ")
    return f"{rest}, {first}" if rest else text


def _sentences() -> list[tuple[str, str]]:
    """Return what stands before and after the first slot of each sentence template."""
    templates = load(Templates)
    found = []
    for name in ("reasons", "present", "past", "problems", "negated", "uncertain", "family", "historical"):
        for template in getattr(templates, name):
            line = template.split("\n")[0]
            slot = next((m for m in _SLOT.finditer(line) if m[1] not in _VALUES), None)
            if slot:
                found.append((line[: slot.start()], line[slot.end() :]))
    return found
