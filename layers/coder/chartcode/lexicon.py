"""Surface forms learned from labelled notes: which codes coders gave to the notes that hold a phrase.

Learned by `training.lexicon` from notes under CC BY 4.0 (CodiEsp). Phrases have `MAX_WORDS` words at most; what one
note alone says is kept only where it is in the words of the code's own terms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chartcode.errors import ArtefactError
from chartcode.text import Word

FILE = "lexicon.json"
# Longest phrase, in content words.
MAX_WORDS = 4


@dataclass(frozen=True, slots=True)
class Association:
    """Of the `notes` training notes that hold the phrase, `coded` give it as evidence of `code`."""

    code: str
    coded: int
    notes: int

    @property
    def precision(self) -> float:
        """Share of notes with the phrase that are coded so, smoothed by one note that is not."""
        return self.coded / (self.notes + 1)


@dataclass(frozen=True)
class Lexicon:
    """Phrases (stems joined by spaces) with their codes, and how often each code was given at all.

    Attributes
    ----------
    held
        How many training notes hold a phrase, coded or not: what is often written and never coded tells as much.
    """

    phrases: dict[str, tuple[Association, ...]]
    prior: dict[str, int]
    held: dict[str, int]

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Load the lexicon of an artefact."""
        path = folder / FILE
        if not path.is_file():
            raise ArtefactError(f"{path} is missing. Run `make train`.")
        data = json.loads(path.read_text(encoding="utf-8"))
        codes = data["codes"]
        return cls(
            phrases={
                phrase: tuple(Association(codes[code], coded, notes) for code, coded, notes in rows)
                for phrase, rows in data["phrases"].items()
            },
            prior=data["prior"],
            held=data["held"],
        )

    def save(self, folder: Path) -> None:
        """Write the lexicon where `load` finds it."""
        codes = sorted({each.code for rows in self.phrases.values() for each in rows})
        number = {code: i for i, code in enumerate(codes)}
        phrases = {
            phrase: [[number[each.code], each.coded, each.notes] for each in rows]
            for phrase, rows in sorted(self.phrases.items())
        }
        counts = {"prior": dict(sorted(self.prior.items())), "held": dict(sorted(self.held.items()))}
        content = {"codes": codes, **counts, "phrases": phrases}
        (folder / FILE).write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")

    def search(self, sentence: Sequence[Word]) -> list[tuple[int, int, str]]:
        """Return (begin, end, phrase) of every known phrase in the content words of a sentence."""
        return [hit for hit in phrases_of(sentence) if hit[2] in self.phrases]

    def coded(self, phrase: str, code: str) -> int:
        """Return how many training notes give `phrase` as evidence of `code`."""
        return next((each.coded for each in self.phrases.get(phrase, ()) if each.code == code), 0)


EMPTY = Lexicon(phrases={}, prior={}, held={})


def phrases_of(sentence: Sequence[Word]) -> list[tuple[int, int, str]]:
    """Return (begin, end, phrase) of every run of up to `MAX_WORDS` content words."""
    return [
        (run[0].begin, run[-1].end, " ".join(word.stem for word in run))
        for i in range(len(sentence))
        for size in range(1, min(MAX_WORDS, len(sentence) - i) + 1)
        if (run := sentence[i : i + size])
    ]
