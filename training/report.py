"""What a training run reports to MLflow: metrics by slice, confusions, calibration, importance. No note text."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
import xgboost as xgb
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from rich.progress import track

from chartcode import sections
from chartcode.billing_features import BILLING_FEATURES
from chartcode.coder import Coder
from chartcode.evaluation import Level, Prediction, evaluate, gold_met, is_linkable, predicted, undotted
from chartcode.features import FEATURES
from chartcode.lexicon import Lexicon
from chartcode.result import NoteResult
from training import data
from training.calibration import reliability
from training.data import LabelledNote
from training.trees import NoteRows, best_threshold, micro_f1

mpl.use("Agg")

DEVELOPMENT: tuple[tuple[str, Level], ...] = (
    (data.CODIESP_DEV, "entities"),
    (data.ACI_DEV, "codes"),
    (data.DOID_DEV, "phrases"),
)
BANDS = ((0, 0, "unseen"), (1, 4, "1_to_4"), (5, 10**9, "5_and_more"))
IMPORTANT = 25


class Report:
    """Collects metrics and tables of a run; `write` makes the files that MLflow keeps."""

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        self._reliability: dict[str, tuple[list[float], list[float], list[int]]] = {}
        self._importance: dict[str, list[tuple[str, float]]] = {}
        self._confusions: Counter[tuple[str, str, str]] = Counter()

    def cross_validation(
        self, level: str, notes: Sequence[NoteRows], held_out: Sequence[NDArray[np.float32]], threshold: float
    ) -> None:
        """Add F1 (at a threshold and at the best one) and calibration of held-out probabilities."""
        found = reliability(held_out, [note.labels for note in notes])
        self._reliability[level] = (found.mean, found.share, found.count)
        self.metrics[f"cross_validation.{level}.calibration_error"] = found.error
        self.metrics[f"cross_validation.{level}.micro_f1"] = micro_f1(notes, held_out, threshold)
        self.metrics[f"cross_validation.{level}.threshold"] = best_threshold(notes, held_out)

    def importance(self, level: str, model: xgb.XGBClassifier) -> None:
        """Add the share of each feature in the gain of a model's splits."""
        names = BILLING_FEATURES if level == "billing" else FEATURES
        gains = sorted(zip(names, model.feature_importances_.tolist(), strict=True), key=lambda each: -each[1])
        self._importance[level] = gains

    def development(self, folder: Path, data_folder: Path | None) -> None:
        """Add the measures of the coder in `folder` on the development sets that are there, whole and by slice."""
        coder, prior = Coder.load(folder), Lexicon.load(folder).prior
        for name, level in DEVELOPMENT:
            path = data_folder / name if data_folder else None
            if path is None or not path.is_file():
                continue
            notes = _judged(path, level)
            results = [
                (note, coder.code(note.text, age=note.age, sex=note.sex, candidates=True))
                for note in track(notes, description=f"Evaluating on {path.name}")
            ]
            predictions = [predicted(result, level, note.codes) for note, result in results]
            self._measure(f"{path.stem}.{level}", predictions)
            if level != "phrases":
                self._note_types(f"{path.stem}.{level}.slice", notes, predictions)
                self._slices(f"{path.stem}.{level}.slice", predictions, prior, coder)
                self._assertions(f"{path.stem}.{level}.slice", results)
                self._confuse(path.stem, predictions)

    def _measure(self, prefix: str, predictions: Sequence[Prediction]) -> None:
        exact, category = evaluate(predictions)
        for name, measures in (("exact", exact), ("category", category)):
            for measure in ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "map"):
                self.metrics[f"{prefix}.{name}.{measure}"] = getattr(measures, measure)
            for end in ("low", "high"):
                self.metrics[f"{prefix}.{name}.micro_f1_{end}"] = getattr(measures.intervals["micro_f1"], end)
            self.metrics[f"{prefix}.{name}.accuracy_at_1"] = measures.precision_at[1]
            self.metrics[f"{prefix}.{name}.recall_at_10"] = measures.recall_at[10]

    def _slices(self, prefix: str, predictions: Sequence[Prediction], prior: dict[str, int], coder: Coder) -> None:
        chapters = sorted({coder.codeset.chapter(code) for each in predictions for code in each.gold} - {""})
        for chapter in chapters:
            self._slice(
                f"{prefix}.chapter_{chapter}", predictions, lambda c, wanted=chapter: coder.codeset.chapter(c) == wanted
            )
        for low, high, name in BANDS:
            self._slice(
                f"{prefix}.frequency_{name}",
                predictions,
                lambda c, low=low, high=high: low <= prior.get(c, 0) <= high,
            )

    def _note_types(self, prefix: str, notes: Sequence[LabelledNote], predictions: Sequence[Prediction]) -> None:
        """Add the measures of notes with headings and of those without."""
        headed = [any(section.name != sections.OTHER for section in sections.find(note.text)) for note in notes]
        for name, wanted in (("with_headings", True), ("narrative", False)):
            part = [each for each, has_headings in zip(predictions, headed, strict=True) if has_headings == wanted]
            if part:
                self.metrics[f"{prefix}.note_type_{name}.micro_f1"] = evaluate(part)[0].micro_f1
                self.metrics[f"{prefix}.note_type_{name}.notes"] = len(part)

    def _slice(self, prefix: str, predictions: Sequence[Prediction], belongs: Callable[[str], bool]) -> None:
        part = [
            Prediction(
                tuple(filter(belongs, p.codes)), tuple(filter(belongs, p.ranking)), tuple(filter(belongs, p.gold))
            )
            for p in predictions
        ]
        gold = sum(len(each.gold) for each in part)
        if gold:
            exact, _ = evaluate(part)
            self.metrics[f"{prefix}.micro_f1"] = exact.micro_f1
            self.metrics[f"{prefix}.gold"] = gold

    def _assertions(self, prefix: str, results: Sequence[tuple[LabelledNote, NoteResult]]) -> None:
        """Add the precision of the entities by what the note asserts of them."""
        right: defaultdict[str, list[bool]] = defaultdict(list)
        for note, result in results:
            gold = {undotted(code) for code in note.codes}
            for entity in result.entities:
                met = any(gold_met(undotted(each.code), gold) for each in entity.codes[:1])
                for trait in entity.traits or ("AFFIRMED",):
                    right[trait].append(met)
        for trait, met in right.items():
            self.metrics[f"{prefix}.assertion_{trait}.precision"] = sum(met) / len(met)

    def _confuse(self, name: str, predictions: Sequence[Prediction]) -> None:
        for each in predictions:
            missed = [code for code in each.gold if code not in each.codes]
            for wrong in (code for code in each.codes if code not in each.gold):
                for code in missed:
                    if code[:3] == wrong[:3]:
                        self._confusions[name, code, wrong] += 1

    def write(self, folder: Path) -> None:
        """Write the plots and tables to `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for level, (mean, share, count) in self._reliability.items():
            _plot_reliability(folder / f"reliability_{level}.png", level, mean, share, count)
        for level, gains in self._importance.items():
            _plot_importance(folder / f"importance_{level}.png", level, gains[:IMPORTANT])
            _write_table(folder / f"importance_{level}.csv", ("feature", "gain"), gains)
        rows = [(*pair, count) for pair, count in self._confusions.most_common()]
        _write_table(folder / "sibling_confusions.csv", ("set", "gold", "predicted", "notes"), rows)


def _judged(path: Path, level: Level) -> list[LabelledNote]:
    notes = data.read(path)
    return [note for note in notes if is_linkable(note.model_dump())] if level == "phrases" else notes


def _plot_reliability(path: Path, level: str, mean: list[float], share: list[float], count: list[int]) -> None:
    figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
    axes.plot((0, 1), (0, 1), color="grey", linewidth=1)
    axes.scatter(mean, share, s=[10 + 300 * each / max(count) for each in count])
    axes.set(
        xlabel="probability", ylabel="share of right codes", title=f"{level}: held-out notes", xlim=(0, 1), ylim=(0, 1)
    )
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _plot_importance(path: Path, level: str, gains: list[tuple[str, float]]) -> None:
    figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
    axes.barh([name for name, _ in gains[::-1]], [gain for _, gain in gains[::-1]])
    axes.set(xlabel="share of gain", title=f"{level}: features")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
