"""The field's measures of a medical coder, on notes with gold codes.

How a prediction meets a gold code: it is the same code, or the gold code is not a leaf and the prediction
lies below it (older gold sets hold headers and codes without 7th character). A gold code is met once; more
predictions below it are neither right nor wrong. Category level compares the first three characters.

Micro and macro F1, precision and recall at k, and mean average precision are defined as by Edin et al. 2023
(doi:10.1145/3539618.3591918); macro F1 is the mean over the codes that are gold or predicted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from chartcode.result import NoteResult

# Phrases of codes that more diseases than this share are not linkable.
MOST_DISEASES = 3
KS = (1, 5, 8, 10, 15)
BOOTSTRAP = 1000

Level = Literal["entities", "codes", "phrases"]


@dataclass(frozen=True)
class Prediction:
    """What a coder says of one note.

    Attributes
    ----------
    codes
        The codes that it predicts.
    ranking
        All codes that it considered, best first.
    gold
        The note's gold codes.
    """

    codes: tuple[str, ...]
    ranking: tuple[str, ...]
    gold: tuple[str, ...]


def predicted(result: NoteResult, level: Level, gold: Sequence[str]) -> Prediction:
    """Return what `result` (coded with its candidates) predicts at one level.

    Entities: every code that is mentioned, ranked as the candidates are. Codes: those that are billed,
    most likely first; the ranking goes on with the other candidates. Phrases: the text is one phrase, which has one
    code, the most likely one.

    Raises
    ------
    ValueError
        If the note was coded without its candidates.
    """
    if result.candidates is None:
        raise ValueError("Code the note with candidates=True to evaluate it.")
    ranking = tuple(each.code for each in result.candidates)
    if level == "entities":
        return Prediction(tuple(each.code for each in result.candidates if each.mentioned), ranking, tuple(gold))
    if level == "phrases":
        return Prediction(ranking[:1], ranking, tuple(gold))
    billed = tuple(each.code for each in sorted(result.codes, key=lambda each: -each.probability))
    return Prediction(billed, (*billed, *(code for code in ranking if code not in billed)), tuple(gold))


def is_linkable(fields: Mapping[str, Any]) -> bool:
    """Return whether a labelled phrase says enough to be linked to one code, and is none of the code set's own.

    Phrases of "other" and "unspecified" codes, of codes that stand for many diseases, and titles of the Tabular List
    are left out; records without these fields are all linkable.
    """
    return not (fields.get("residual") or fields.get("in_tabular") or fields.get("n_doid_on_code", 1) > MOST_DISEASES)


class Interval(BaseModel):
    """95 % bootstrap interval over notes (percentile method)."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float


class Measures(BaseModel):
    """The measures at one level of the hierarchy."""

    model_config = ConfigDict(frozen=True)

    micro_f1: float
    micro_precision: float
    micro_recall: float
    macro_f1: float
    macro_precision: float
    macro_recall: float
    map: float
    precision_at: dict[int, float]
    recall_at: dict[int, float]
    intervals: dict[str, Interval]


@dataclass(frozen=True)
class _Outcome:
    """Codes met, missed and wrongly predicted in one note; and which ranks of its ranking meet a gold code."""

    met: frozenset[str]
    missed: frozenset[str]
    wrong: frozenset[str]
    hits: tuple[bool, ...]
    gold: int


def undotted(code: str) -> str:
    """Return `code` in upper case without its dot."""
    return code.upper().replace(".", "")


def gold_met(code: str, gold: set[str]) -> str | None:
    """Return the gold code that `code` meets (itself, else the most specific one above it), all undotted."""
    if code in gold:
        return code
    above = [each for each in gold if code.startswith(each)]
    return max(above, key=len) if above else None


def _outcome(prediction: Prediction, form: Callable[[str], str]) -> _Outcome:
    gold = {form(code) for code in prediction.gold}
    met: set[str] = set()
    wrong: set[str] = set()
    for code in dict.fromkeys(form(code) for code in prediction.codes):
        target = gold_met(code, gold)
        (wrong if target is None else met).add(code if target is None else target)
    seen: set[str] = set()
    hits = []
    for code in dict.fromkeys(form(code) for code in prediction.ranking):
        target = gold_met(code, gold)
        hits.append(target is not None and target not in seen)
        if target is not None:
            seen.add(target)
    return _Outcome(frozenset(met), frozenset(gold - met), frozenset(wrong), tuple(hits), len(gold))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _f1(precision: float, recall: float) -> float:
    return _ratio(2 * precision * recall, precision + recall)


def _micro(outcomes: Sequence[_Outcome]) -> tuple[float, float, float]:
    met = sum(len(each.met) for each in outcomes)
    predicted = met + sum(len(each.wrong) for each in outcomes)
    precision, recall = _ratio(met, predicted), _ratio(met, sum(each.gold for each in outcomes))
    return precision, recall, _f1(precision, recall)


def _macro(outcomes: Sequence[_Outcome]) -> tuple[float, float, float]:
    met, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    for each in outcomes:
        met.update(each.met)
        missed.update(each.missed)
        wrong.update(each.wrong)
    codes = set(met) | set(missed) | set(wrong)
    precisions = [_ratio(met[code], met[code] + wrong[code]) for code in codes]
    recalls = [_ratio(met[code], met[code] + missed[code]) for code in codes]
    f1s = [_f1(precision, recall) for precision, recall in zip(precisions, recalls, strict=True)]
    return _mean(precisions), _mean(recalls), _mean(f1s)


def _mean(values: Sequence[float]) -> float:
    return _ratio(sum(values), len(values))


def _average_precision(outcome: _Outcome) -> float:
    found, total = 0, 0.0
    for rank, hit in enumerate(outcome.hits, start=1):
        if hit:
            found += 1
            total += found / rank
    return _ratio(total, outcome.gold)


def _intervals(outcomes: Sequence[_Outcome], seed: int) -> dict[str, Interval]:
    """Return the intervals of micro F1 and of mean average precision, from the same draws of notes."""
    met, wrong, gold = (
        np.array(counts, dtype=np.float64)
        for counts in zip(*((len(each.met), len(each.wrong), each.gold) for each in outcomes), strict=True)
    )
    precision = np.array([_average_precision(each) for each in outcomes])
    random = np.random.default_rng(seed)
    f1s, maps = np.zeros(BOOTSTRAP), np.zeros(BOOTSTRAP)
    for i in range(BOOTSTRAP):
        draw = random.integers(0, len(outcomes), size=len(outcomes))
        # F1 = 2 met / (predicted + gold), with predicted = met + wrong.
        whole = (met[draw] + wrong[draw] + gold[draw]).sum()
        f1s[i] = _ratio(2 * met[draw].sum(), whole)
        maps[i] = precision[draw].mean()
    return {"micro_f1": _percentiles(f1s), "map": _percentiles(maps)}


def _percentiles(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def _measures(outcomes: list[_Outcome], seed: int) -> Measures:
    precision, recall, f1 = _micro(outcomes)
    macro_precision, macro_recall, macro_f1 = _macro(outcomes)
    return Measures(
        micro_f1=f1,
        micro_precision=precision,
        micro_recall=recall,
        macro_f1=macro_f1,
        macro_precision=macro_precision,
        macro_recall=macro_recall,
        map=_mean([_average_precision(each) for each in outcomes]),
        precision_at={k: _mean([sum(each.hits[:k]) / k for each in outcomes]) for k in KS},
        recall_at={k: _mean([_ratio(sum(each.hits[:k]), each.gold) for each in outcomes]) for k in KS},
        intervals=_intervals(outcomes, seed),
    )


def evaluate(predictions: Sequence[Prediction], seed: int = 0) -> tuple[Measures, Measures]:
    """Return the measures for exact codes, and for categories (three characters).

    Notes without gold codes count: whatever is predicted for them is wrong.

    Raises
    ------
    ValueError
        If there is no note.
    """
    if not predictions:
        raise ValueError("There is no note to evaluate.")
    exact = [_outcome(each, undotted) for each in predictions]
    category = [_outcome(each, lambda code: undotted(code)[:3]) for each in predictions]
    return _measures(exact, seed), _measures(category, seed)
