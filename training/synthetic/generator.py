"""Write synthetic notes: layouts, sentences and phrases drawn at random, with offsets, assertions and codes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chartcode.rules import parse
from training.synthetic.phrases import Phrase

Asserted = Literal["affirmed", "negated", "uncertain", "family", "historical", "hypothetical"]

# Share of mentions with a typing error, and of notes that draw rare phrases too.
TYPO_SHARE = 0.06
RARE_SHARE = 0.6


class Templates(BaseModel):
    """``templates.json``: sentences by assertion, and the layouts of notes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    openings: tuple[str, ...]
    affirmed: tuple[str, ...]
    negated: tuple[str, ...]
    uncertain: tuple[str, ...]
    family: tuple[str, ...]
    historical: tuple[str, ...]
    hypothetical: tuple[str, ...]
    fillers: tuple[str, ...]
    layouts: tuple[tuple[str, ...], ...]


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


class _Draft:
    """A note as it grows, with the offsets of its mentions."""

    def __init__(self) -> None:
        self.text = ""
        self.mentions: list[SyntheticMention] = []

    def add(self, template: str, phrase: Phrase, surface: str, assertion: Asserted) -> None:
        before, _, after = template.partition("{mention}")
        self.text += before
        begin = len(self.text)
        self.text += surface
        self.mentions.append(SyntheticMention(begin=begin, end=len(self.text), code=phrase.code, assertion=assertion))
        self.text += after


class Generator:
    """Draws notes; the same seed gives the same notes."""

    def __init__(self, phrases: list[Phrase], seed: int) -> None:
        path = Path(__file__).parent / "templates.json"
        self._templates = parse(Templates, path.name, path.read_bytes())
        self._common = [phrase for phrase in phrases if phrase.common]
        self._rare = [phrase for phrase in phrases if not phrase.common]
        self._random = random.Random(seed)  # noqa: S311  (reproducible notes, not secrets)

    def notes(self, count: int) -> list[SyntheticNote]:
        """Return `count` notes."""
        return [self._note(number) for number in range(count)]

    def _note(self, number: int) -> SyntheticNote:
        draw = self._random
        draft, sex, age = _Draft(), draw.choice("FM"), draw.randint(1, 92)
        rare = draw.random() < RARE_SHARE
        for part in draw.choice(self._templates.layouts):
            self._write(draft, part, age, sex, rare)
        codes = tuple(sorted({mention.code for mention in draft.mentions}))
        billed = tuple(dict.fromkeys(m.code for m in draft.mentions if m.assertion == "affirmed"))
        return SyntheticNote(
            id=f"synthetic-{number:06d}",
            text=draft.text,
            age=age,
            sex=sex,
            codes=codes,
            billed=billed,
            mentions=tuple(draft.mentions),
        )

    def _write(self, draft: _Draft, part: str, age: int, sex: str, rare: bool) -> None:
        draw = self._random
        if part == "problems":
            for number in range(1, draw.randint(2, 5)):
                draft.text += draw.choice(("", "- ", f"{number}. "))
                self._mention(draft, "affirmed", rare)
                draft.text += "\n"
        elif part in ("opening", "reason"):
            template = draw.choice(self._templates.openings) if part == "opening" else "{reason}"
            self._opening(draft, template, age, sex, rare)
        elif part == "past":
            self._list(draft, "affirmed", rare, draw.randint(2, 4))
        elif part == "filler":
            draft.text += self._filled(draw.choice(self._templates.fillers), age, sex) + "\n"
        elif part in ("negated", "uncertain", "family", "historical", "hypothetical"):
            for _ in range(draw.randint(1, 3)):
                self._mention(draft, part, rare)
                draft.text += draw.choice((" ", "\n"))
            draft.text += "\n"
        else:
            draft.text += ("\n" if draft.text else "") + part + "\n"

    def _opening(self, draft: _Draft, template: str, age: int, sex: str, rare: bool) -> None:
        """Write an opening; its slot for symptoms, history or reason becomes a list of mentions."""
        slot = next((each for each in ("{symptoms}", "{history}", "{reason}") if each in template), None)
        before, _, after = template.partition(slot) if slot else (template, "", "")
        draft.text += self._filled(before, age, sex)
        if slot:
            self._list(draft, "affirmed", rare, 1 if slot == "{reason}" else self._random.randint(1, 3))
        draft.text += self._filled(after, age, sex) + "\n"

    def _list(self, draft: _Draft, assertion: Asserted, rare: bool, count: int) -> None:
        for i in range(count):
            draft.text += ", " if i else ""
            phrase = self._phrase(rare)
            draft.add("{mention}", phrase, self._surface(phrase), assertion)

    def _mention(self, draft: _Draft, assertion: Asserted, rare: bool) -> None:
        template = self._filled(self._random.choice(getattr(self._templates, assertion)), 0, "F")
        phrase = self._phrase(rare)
        draft.add(template, phrase, self._surface(phrase), assertion)

    def _phrase(self, rare: bool) -> Phrase:
        pool = self._rare if rare and self._random.random() < 0.5 else self._common
        return self._random.choice(pool)

    def _surface(self, phrase: Phrase) -> str:
        text = phrase.text
        if self._random.random() < TYPO_SHARE and len(text) > 7 and text.islower():
            at = self._random.randrange(1, len(text) - 2)
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text

    def _filled(self, template: str, age: int, sex: str) -> str:
        draw = self._random
        known = {
            "{age}": str(age),
            "{sex_word}": "woman" if sex == "F" else "man",
            "{sex_letter}": sex,
            "{number}": str(draw.randint(3, 9)),
            "{bp}": f"{draw.randint(104, 168)}/{draw.randint(58, 98)}",
            "{hr}": str(draw.randint(54, 108)),
            "{spo2}": str(draw.randint(90, 100)),
        }
        for slot, value in known.items():
            template = template.replace(slot, value)
        return template
