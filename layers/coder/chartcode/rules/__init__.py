"""Clinical and coding rules as data: JSON files beside this module, each with a validated schema."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from chartcode.errors import RuleFileError
from chartcode.rules.base import Rule as _Rule
from chartcode.rules.identifiers import Identifiers, Names, Places

# Read as a package resource: in a Glue job the package is imported from a zip.
_FOLDER = resources.files(__name__)


class Abbreviation(_Rule):
    """A clinical abbreviation; `exact_case` where the lower-case form is an ordinary word."""

    form: str = Field(min_length=2)
    expansion: str
    exact_case: bool = False


class Abbreviations(_Rule):
    """``abbreviations.json``."""

    abbreviations: tuple[Abbreviation, ...]


class WordSynonyms(_Rule):
    """``word_synonyms.json``: words of one meaning, the classification's own first (kidney, renal)."""

    groups: tuple[tuple[str, ...], ...]


class LayTerm(_Rule):
    """A phrase of patients or clinicians that the classification does not use, with its code."""

    term: str
    code: str = Field(pattern=r"^[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?$")


class LayTerms(_Rule):
    """``lay_terms.json``."""

    terms: tuple[LayTerm, ...]


class Heading(_Rule):
    """A kind of section and the headings that open it (lower case, without colon)."""

    section: str
    headings: tuple[str, ...]


class Headings(_Rule):
    """``sections.json``: kinds of section, and which of them state the problems of this encounter."""

    sections: tuple[Heading, ...]
    problem_sections: tuple[str, ...]
    past_sections: tuple[str, ...]
    family_sections: tuple[str, ...]
    uncoded_sections: tuple[str, ...]


Assertion = Literal["NEGATION", "LOW_CONFIDENCE", "HYPOTHETICAL", "PERTAINS_TO_FAMILY", "HISTORICAL"]


class Cue(_Rule):
    """Words that assert something of the mentions before or after them.

    ``direction`` says where the mentions stand; ``terminate`` cues end the reach of the others;
    ``pseudo`` cues look like another cue but assert nothing ("no increase"). A cue ``of_item`` says nothing of
    the other items of its list ("HTN, CAD s/p CABG, COPD").
    """

    cue: str
    direction: Literal["forward", "backward", "terminate", "pseudo"]
    assertion: Assertion | None = None
    words: int = Field(default=12, gt=0, description="Reach in words")
    of_item: bool = False


class Cues(_Rule):
    """``assertion.json``."""

    cues: tuple[Cue, ...]


class Edit(_Rule):
    """A coding rule: what it does, and where the Official Guidelines say so."""

    rule: str
    guideline: str
    reason: str


class IntegralSymptom(_Rule):
    """Signs and symptoms that are integral to confirmed diagnoses (code prefixes on both sides)."""

    diagnoses: tuple[str, ...]
    symptoms: tuple[str, ...]


class HistoryCode(_Rule):
    """The Z code that stands for a past condition (code prefix)."""

    condition: str
    code: str


class Encounter(_Rule):
    """Words that say that an injury is not seen for the first time, and its 7th character then."""

    character: str = Field(pattern="^[DS]$")
    words: tuple[str, ...]


class Trimester(_Rule):
    """A trimester as titles word it, and the completed weeks of gestation that it stays below."""

    words: str
    below_weeks: int = Field(gt=0)


class Combination(_Rule):
    """One code that stands for two conditions (code prefixes on both sides); applied in the file's order."""

    rule: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    result: str
    keep_second: bool = Field(description="The second code is still reported, after the combination code")


class Companion(_Rule):
    """A code that never stands alone: what is reported beside it where the note tells no more (code prefixes)."""

    rule: str
    codes: tuple[str, ...]
    unless: tuple[str, ...]
    adds: str


class Ages(_Rule):
    """Code prefixes that fit some years of age only."""

    codes: tuple[str, ...]
    minimum: float = Field(ge=0)
    maximum: float = Field(ge=0)


class Edits(_Rule):
    """``edits.json``.

    ``not_billed`` names the edit for each assertion; ``symptoms`` are code prefixes of signs and symptoms;
    ``empty_words`` of a title say nothing, ``implied_words`` need not be stated; ``both_coded`` lists codes for two
    conditions of one name (stones of kidney and ureter), which words beside one of them do not support; ``sequence``
    lists code prefixes that come after the others, group after group.
    """

    edits: tuple[Edit, ...]
    not_billed: dict[Assertion, str]
    symptoms: tuple[str, ...]
    empty_words: tuple[str, ...]
    implied_words: tuple[str, ...]
    both_coded: frozenset[str]
    encounters: tuple[Encounter, ...]
    trimesters: tuple[Trimester, ...] = Field(description="Earliest first")
    combinations: tuple[Combination, ...]
    companions: tuple[Companion, ...]
    integral_symptoms: tuple[IntegralSymptom, ...]
    sexes: dict[Literal["F", "M"], tuple[str, ...]]
    ages: tuple[Ages, ...]
    sequence: tuple[tuple[str, ...], ...]
    personal_history: tuple[HistoryCode, ...]
    family_history: tuple[HistoryCode, ...]

    @model_validator(mode="after")
    def _every_rule_is_explained(self) -> Edits:
        known = {each.rule for each in self.edits}
        used = {each.rule for each in self.combinations} | {each.rule for each in self.companions}
        used |= set(self.not_billed.values())
        if used - known:
            raise ValueError(f"edits without guideline and reason: {sorted(used - known)}")
        return self


_Schema = TypeVar("_Schema", bound=BaseModel)


def parse(schema: type[_Schema], name: str, content: bytes) -> _Schema:
    """Return the rule file `name` with `content`; `RuleFileError` names what is wrong in it."""
    try:
        return schema.model_validate_json(content)
    except ValidationError as error:
        raise RuleFileError(f"{name}: {error}") from error


@cache
def load(schema: type[_Schema]) -> _Schema:
    """Return the rule file that `schema` describes."""
    name = _FILES[schema]
    return parse(schema, name, (_FOLDER / name).read_bytes())


_FILES: dict[type[BaseModel], str] = {
    Abbreviations: "abbreviations.json",
    WordSynonyms: "word_synonyms.json",
    LayTerms: "lay_terms.json",
    Headings: "sections.json",
    Cues: "assertion.json",
    Edits: "edits.json",
    Identifiers: "identifiers.json",
    Names: "names.json",
    Places: "places.json",
}
