"""Write synthetic notes: layouts, sentences and phrases drawn at random, with offsets, assertions and codes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from training.synthetic.patient import Patient, Population, Slot
from training.synthetic.phrases import Phrase
from training.synthetic.schema import Templates, load

Asserted = Literal["affirmed", "negated", "uncertain", "family", "historical", "hypothetical"]

# Shares of mentions with a typing error, turned round ("femur fracture"), in capitals; and of those at the start of a
# line that begin with a capital.
TYPO_SHARE = 0.06
TURNED_SHARE = 0.4
TITLE_SHARE = 0.6
CAPITALS_SHARE = 0.04
# Shares of assessments that open with a summary, and that have lines of reasoning and treatment under each problem.
SUMMARY_SHARE = 0.45
PLANS_SHARE = 0.5
# Share of assessments that name the problems one after the other on one line.
INLINE_SHARE = 0.15

_SLOT = re.compile(r"\{(\w+)\}")
_OF = re.compile(r"^(\w+(?: \w+)?) (?:of|in) (?:the )?(\w+(?: \w+)?)$")
# Parts that repeat, and how many sentences they have at most.
_SENTENCES = {"present": 3, "negated": 3, "uncertain": 2, "family": 3, "historical": 2, "hypothetical": 2, "review": 2}
# Parts whose mentions are not affirmed. In "review", only what follows a negation is negated.
_ASSERTED: dict[str, Asserted] = {
    "negated": "negated",
    "uncertain": "uncertain",
    "family": "family",
    "historical": "historical",
    "hypothetical": "hypothetical",
}
_NEGATION = re.compile(r"\b(?:no|denies)\b[^.]*$", re.IGNORECASE)


class SyntheticMention(BaseModel):
    """``text[begin:end]`` of the note stands for `code`."""

    model_config = ConfigDict(frozen=True)

    begin: int
    end: int
    code: str
    assertion: Asserted


class SyntheticNote(BaseModel):
    """A note with every mention; `codes` are those of all mentions, `billed` those of the encounter."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    age: float
    sex: str
    codes: tuple[str, ...]
    billed: tuple[str, ...]
    mentions: tuple[SyntheticMention, ...] = Field(default=())


class Generator:
    """Draws notes; the same seed gives the same notes."""

    def __init__(self, phrases: list[Phrase], seed: int) -> None:
        self._templates = load(Templates)
        self._draw = random.Random(seed)  # noqa: S311  (reproducible notes, not secrets)
        self._population = Population(phrases, self._templates, self._draw)

    def notes(self, count: int) -> list[SyntheticNote]:
        """Return `count` notes."""
        return list(self.stream(count))

    def stream(self, count: int) -> Iterator[SyntheticNote]:
        """Yield `count` notes, one at a time: a large corpus need not fit into memory."""
        for number in range(count):
            yield self._note(number)

    def _note(self, number: int) -> SyntheticNote:
        patient = self._population.patient()
        draft = _Draft(self._draw, self._population, patient)
        layout = self._draw.choice(self._templates.layouts)
        for part in layout:
            self._write(draft, part, patient)
        # What is billed: the problems that the note assesses, in its order; of a note without a list of problems,
        # all that it affirms.
        affirmed = [mention for mention in draft.mentions if mention.assertion == "affirmed"]
        billed = tuple(dict.fromkeys(m.code for m in (draft.assessed if "problems" in layout else affirmed)))
        return SyntheticNote(
            id=f"synthetic-{number:06d}",
            text=draft.text,
            age=patient.age,
            sex=patient.sex,
            codes=tuple(sorted({mention.code for mention in draft.mentions})),
            billed=billed,
            mentions=tuple(draft.mentions),
        )

    def _write(self, draft: _Draft, part: str, patient: Patient) -> None:
        draw, templates = self._draw, self._templates
        if part in templates.fillers:
            draft.sentence(draw.choice(templates.fillers[part]), "affirmed")
            draft.text += "\n"
        elif part == "problems":
            self._problems(draft, patient)
        elif part == "restated":
            for code in dict.fromkeys(patient.problems):
                draft.sentence("{problem}.", "affirmed", code)
                draft.text += "\n"
                self._plans(draft)
        elif part in type(templates).model_fields:
            for _ in range(draw.randint(1, _SENTENCES.get(part, 1))):
                template = draw.choice(getattr(templates, part))
                draft.text += "\n" if template.startswith("-") and not draft.text.endswith("\n") else ""
                draft.sentence(template, _ASSERTED.get(part, "affirmed"))
                draft.text += draw.choice((" ", "\n"))
            draft.text += "\n"
        else:
            heading = draw.choice((part, part.title() if len(part) > 4 else part))
            draft.text += ("\n" if draft.text else "") + heading + draw.choice((":\n", "\n", ": "))

    def _problems(self, draft: _Draft, patient: Patient) -> None:
        summary = self._draw.choice(("before", "after")) if self._draw.random() < SUMMARY_SHARE else ""
        inline = self._draw.random() < INLINE_SHARE
        # "Impression: CHF, AKI on CKD 4": what is on one line may share it with its heading.
        if not draft.text.endswith("\n") and not (inline and summary != "before"):
            draft.text += "\n"
        if summary == "before":
            self._summary(draft)
        if inline:
            self._inline(draft, patient)
        else:
            self._listed(draft, patient)
        if summary == "after":
            self._summary(draft)

    def _inline(self, draft: _Draft, patient: Patient) -> None:
        separator = self._draw.choice((". ", "; ", ", "))
        for number, code in enumerate(dict.fromkeys(patient.problems)):
            draft.text += separator if number else ""
            draft.sentence("{problem}", "affirmed", code)
            draft.assessed.append(draft.mentions[-1])
        draft.text += self._draw.choice((".\n", "\n"))

    def _listed(self, draft: _Draft, patient: Patient) -> None:
        bullet = self._draw.choice(("", "- ", "• ", "{n}. ", "{n}) ", "# "))
        with_plans = self._draw.random() < PLANS_SHARE
        for number, code in enumerate(dict.fromkeys(patient.problems), start=1):
            draft.text += bullet.replace("{n}", str(number))
            first = len(draft.mentions)
            draft.sentence(self._draw.choice(self._templates.problems), "affirmed", code)
            draft.assessed.extend(draft.mentions[first:])
            draft.text += "\n"
            if with_plans:
                self._plans(draft)

    def _summary(self, draft: _Draft) -> None:
        """Write who the patient is; what is said of the past or of complaints is not assessed."""
        draft.text += "\n"
        draft.sentence(self._draw.choice(self._templates.summaries), "affirmed")
        draft.text += "\n\n"

    def _plans(self, draft: _Draft) -> None:
        """Write lines about a problem, which mention symptoms, risks and other conditions without assessing them."""
        bullet = self._draw.choice(("- ", "• ", "   - ", ""))
        for template in self._draw.sample(self._templates.plans, self._draw.randint(1, 3)):
            draft.text += bullet
            draft.sentence(template.removeprefix("- "), _asserted_by(template))
            draft.text += "\n"
        draft.text += "\n"


def _asserted_by(plan: str) -> Asserted:
    """Return what a line under a problem says of its mentions."""
    if re.search(r"\b(?:if|can cause|many people)\b", plan):
        return "hypothetical"
    if re.search(r"\b(?:might|could|rule out)\b", plan):
        return "uncertain"
    return "affirmed"


class _Draft:
    """A note as it grows, with the offsets of its mentions."""

    def __init__(self, draw: random.Random, population: Population, patient: Patient) -> None:
        self.text = ""
        self.mentions: list[SyntheticMention] = []
        self.assessed: list[SyntheticMention] = []
        self._draw = draw
        self._population = population
        self._patient = patient

    def sentence(self, template: str, assertion: Asserted, code: str | None = None) -> None:
        """Add a sentence with its slots filled; `code` is what a problem slot stands for."""
        start, position = len(self.text), 0
        for slot in _SLOT.finditer(template):
            self.text += template[position : slot.start()]
            position = slot.end()
            name = slot[1]
            if name not in get_args(Slot):
                self.text += self._value(name)
                continue
            phrase = self._population.wording(code) if code else self._population.phrase(name, self._patient)
            negated = assertion == "affirmed" and _NEGATION.search(self.text[start:])
            self._mention(phrase, "negated" if negated else assertion)
        self.text += template[position:]

    def _mention(self, phrase: Phrase, assertion: Asserted) -> None:
        surface = self._surface(phrase.text)
        begin = len(self.text)
        self.text += surface
        self.mentions.append(
            SyntheticMention(begin=begin, end=begin + len(surface), code=phrase.code, assertion=assertion)
        )

    def _surface(self, text: str) -> str:
        """Return `text` as it may be written: turned round, with a typing error, in capitals."""
        draw = self._draw
        turned = _OF.match(text)
        if turned and draw.random() < TURNED_SHARE:
            text = f"{turned[2]} {turned[1]}"
        if draw.random() < TYPO_SHARE and len(text) > 7 and text.islower():
            at = draw.randrange(1, len(text) - 2)
            swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            text = draw.choice((swapped, text[:at] + text[at + 1 :]))
        starts_line = not self.text or self.text.endswith(("\n", "- ", ". ", "# ", ") "))
        if starts_line and draw.random() < TITLE_SHARE:
            text = text[0].upper() + text[1:]
        return text.upper() if draw.random() < CAPITALS_SHARE else text

    def _value(self, name: str) -> str:
        draw, patient = self._draw, self._patient
        years = f"{patient.age}{draw.choice(('-year-old', ' y/o', ' yo', ' year old'))}"
        newborn = f"{draw.randint(1, 27)}-day-old"
        words = {"F": ("woman", "female", "lady"), "M": ("man", "male", "gentleman")}
        young = {"F": ("girl",), "M": ("boy",)}
        values = {
            "age": years if patient.age else newborn,
            "sex_word": draw.choice((words if patient.age >= 18 else young)[patient.sex]),
            "sex_letter": patient.sex,
            "number": str(draw.randint(2, 9)),
            "bp": f"{draw.randint(104, 168)}/{draw.randint(58, 98)}",
            "hr": str(draw.randint(54, 108)),
            "spo2": str(draw.randint(90, 100)),
        }
        return values[name]
