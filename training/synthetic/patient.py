"""The patient of a synthetic note: what is drawn once, and holds throughout the note."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from training.synthetic.phrases import Phrase
from training.synthetic.schema import Templates

# Share of notes with conditions beyond the common ones, and of draws that take one in such a note.
RARE_NOTES = 0.6
RARE_DRAWS = 0.5
NEWBORN_SHARE = 0.02
# Clinicians abbreviate where they can.
ABBREVIATED_SHARE = 0.4

_ABBREVIATION = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z])\w{2,7}\b")

Slot = Literal["problem", "past", "symptom", "relative", "other"]


@dataclass(frozen=True)
class Patient:
    """Age in years, sex, and the codes that the note's slots draw from (`other` and `relative` draw afresh)."""

    age: int
    sex: str
    rare: bool
    problems: tuple[str, ...]
    past: tuple[str, ...]


class Population:
    """Draws patients, and phrases that fit them."""

    def __init__(self, phrases: list[Phrase], templates: Templates, draw: random.Random) -> None:
        self._templates = templates
        self._draw = draw
        self._wordings: defaultdict[str, list[Phrase]] = defaultdict(list)
        self._rare: defaultdict[str, list[str]] = defaultdict(list)
        for phrase in phrases:
            self._wordings[phrase.code].append(phrase)
            if not phrase.common:
                self._rare[phrase.code[:3]].append(phrase.code)
        # One entry a phrase: what has many wordings is seen often.
        common = [phrase.code for phrase in phrases if phrase.common]
        self._symptoms = [code for code in common if code.startswith(templates.symptom_codes)]
        self._conditions = [code for code in common if not code.startswith(templates.symptom_codes)]
        self._family = [code for code in common if code.startswith(templates.family_codes)]

    def patient(self) -> Patient:
        """Return a new patient."""
        draw = self._draw
        age = 0 if draw.random() < NEWBORN_SHARE else draw.randint(1, 92)
        sex, rare = draw.choice("FM"), draw.random() < RARE_NOTES
        blank = Patient(age, sex, rare, (), ())
        problems = tuple(self._condition(blank) for _ in range(draw.randint(1, 4)))
        past = tuple(self._condition(blank) for _ in range(draw.randint(1, 4)))
        return Patient(age, sex, rare, problems, past)

    def phrase(self, slot: Slot, patient: Patient) -> Phrase:
        """Return a phrase for a slot of the patient's note."""
        return self.wording(self._code(slot, patient))

    def wording(self, code: str) -> Phrase:
        """Return one of the phrases of a code."""
        wordings = self._wordings[code]
        abbreviated = [phrase for phrase in wordings if _ABBREVIATION.search(phrase.text)]
        if abbreviated and self._draw.random() < ABBREVIATED_SHARE:
            return self._draw.choice(abbreviated)
        return self._draw.choice(wordings)

    def _code(self, slot: Slot, patient: Patient) -> str:
        draw = self._draw
        if slot == "problem":
            return draw.choice(patient.problems)
        if slot == "past":
            return draw.choice(patient.past)
        if slot == "symptom":
            return draw.choice(self._symptoms)
        if slot == "relative":
            return draw.choice(self._family)
        return self._condition(patient)

    def _condition(self, patient: Patient) -> str:
        """Return a condition's code that fits the patient: rare ones by category, so that none dominates."""
        while True:
            if patient.rare and self._draw.random() < RARE_DRAWS:
                code = self._draw.choice(self._rare[self._draw.choice(list(self._rare))])
            else:
                code = self._draw.choice(self._conditions)
            if self._fits(code, patient):
                return code

    def _fits(self, code: str, patient: Patient) -> bool:
        if any(code.startswith(prefixes) and patient.sex != sex for sex, prefixes in self._templates.sexes.items()):
            return False
        return all(
            low <= patient.age <= high
            for prefix, (low, high) in self._templates.ages.items()
            if code.startswith(prefix)
        )
