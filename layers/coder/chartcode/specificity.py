"""The most specific code that the note supports (Official Guidelines I.B.2, I.B.13, I.A.15).

A sibling is supported when every word that its title adds to the code's own title stands beside the mention, and
every word that it takes away is an empty one ("unspecified", "uncomplicated").
"""

from __future__ import annotations

import re
from functools import lru_cache

from chartcode import rules
from chartcode.assertion import SentenceAssertions
from chartcode.codeset import CodeSet
from chartcode.text import content_stems, is_content, words

_EXTENDED = len("S72.001A")
_SIDES = ("right", "left", "bilateral")


class Specificity:
    """Finds the supported sibling of a code."""

    def __init__(self, codeset: CodeSet) -> None:
        self._codeset = codeset
        data = rules.load(rules.Edits)
        self._empty = _stems(" ".join(data.empty_words))
        self._both_coded = data.both_coded
        self._implied = _stems(" ".join(data.implied_words))
        self._trimesters = data.trimesters
        self._encounters = {each.character: each.words for each in data.encounters}
        self._title = lru_cache(maxsize=65_536)(self._stems_of_title)

    def refine(self, code: str, sentences: list[str], weeks: int | None = None) -> tuple[str, str] | None:
        """Return the supported code and the rule that chose it; None where `code` is as specific as the note.

        Parameters
        ----------
        sentences
            The sentences that hold the code's affirmed mentions.
        weeks
            Completed weeks of gestation, where the note states them.
        """
        trimester = self._trimester(weeks) if code.startswith("O") and weeks is not None else frozenset()
        found = self._sibling(code, sentences, trimester)
        target, rule = found if found else (code, "")
        encounter = self._encounter(target, " ".join(sentences))
        if encounter is not None:
            return encounter, "later_encounter"
        return (target, rule) if rule else None

    def _trimester(self, weeks: int) -> frozenset[str]:
        """Return the stems that titles have for the trimester of `weeks` (I.C.15.a.3)."""
        named = next((each.words for each in self._trimesters if weeks < each.below_weeks), "")
        return frozenset(_stems(named))

    def _sibling(self, code: str, sentences: list[str], trimester: frozenset[str]) -> tuple[str, str] | None:
        fitting = self._fitting(code)
        if not fitting:
            return None
        spoken = [_affirmed_stems(sentence) | trimester for sentence in sentences]
        if len({side for said in spoken for side in said.intersection(_SIDES)}) > 1:
            spoken = [said.difference(_SIDES) for said in spoken]  # both sides are spoken of: whose is not known
        best: tuple[int, str, frozenset[str]] | None = None
        for sibling, added in fitting:
            for said in spoken:
                stated = added & said
                if stated and added <= said | self._implied and _more(best, stated, sibling):
                    best = (len(stated), sibling, stated)
        if best is None:
            return None
        _, sibling, stated = best
        if stated & set(_SIDES):
            return sibling, "laterality"
        if stated <= trimester:
            return sibling, "trimester"
        linked = " with " in f" {self._codeset.description(sibling).lower()} "
        return sibling, "with_convention" if linked else "specificity"

    def _fitting(self, code: str) -> list[tuple[str, frozenset[str]]]:
        """Return the siblings whose titles take no word but an empty one away, each with the words that it adds."""
        own = self._title(code)
        titles = [(sibling, self._title(sibling)) for sibling in self._siblings(code)]
        return [(sibling, title - own - self._empty) for sibling, title in titles if own - title <= self._empty]

    def _siblings(self, code: str) -> list[str]:
        extended = len(code) == _EXTENDED and code[-1].isalpha()
        stem = code[:-1] if extended else code
        if "." not in stem:
            return []
        # The last two characters of a code hold severity, side and site; below the category nothing else fits.
        depth = max(len(stem) - 2, 4) if len(stem) > 6 else max(len(stem) - 1, 4)
        found = self._codeset.billable_under(stem[:depth])
        return [
            each for each in found if each not in {code, *self._both_coded} and (each[-1] == code[-1] or not extended)
        ]

    def _encounter(self, code: str, text: str) -> str | None:
        """Return `code` for a later encounter where the note says that it is one (I.C.19.a)."""
        if len(code) != _EXTENDED or not code.endswith("A"):
            return None
        for character, cues in self._encounters.items():
            if any(re.search(rf"\b{re.escape(cue)}\b", text, re.IGNORECASE) for cue in cues):
                later = code[:-1] + character
                return later if self._codeset.billable_code(later) == later else None
        return None

    def _stems_of_title(self, code: str) -> frozenset[str]:
        title = self._codeset.description(code)
        # Parentheses hold nonessential modifiers (I.A.7); the encounter is the 7th character's.
        return frozenset(_stems(re.sub(r"\([^()]*\)|, (?:initial|subsequent) encounter.*$|, sequela$", "", title)))


def _more(best: tuple[int, str, frozenset[str]] | None, stated: frozenset[str], sibling: str) -> bool:
    """Return whether a sibling says more than the best so far (on a tie, the one called unspecified)."""
    if best is None or len(stated) > best[0]:
        return True
    return len(stated) == best[0] and sibling.rstrip("AX")[-1] in "09" and best[1].rstrip("AX")[-1] not in "09"


def _affirmed_stems(sentence: str) -> set[str]:
    """Return the stems of a sentence without those that it denies, doubts, fears or says of relatives."""
    assertions = SentenceAssertions(sentence)
    sides = _stems(sentence).intersection(_SIDES)
    return sides | {
        word.stem for word in words(sentence) if is_content(word) and not assertions.traits(word.begin, word.end)
    }


def _stems(text: str) -> set[str]:
    return content_stems(text) | {side for side in _SIDES if re.search(rf"\b{side}\b|\b{side}-", text, re.IGNORECASE)}
