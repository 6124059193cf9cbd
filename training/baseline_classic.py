"""``make baselines``: the field's classic design, and TF-IDF with a linear model, on the same notes as ours.

Classic: the note's mean encoder vector and seven numbers of the note (768 + 7 = 775 features with ClinicalBERT) go
into one XGBoost a code (100 trees, early stopping), for the most frequent codes. Neither baseline knows another code,
and neither can say why. Both are trained on CodiEsp's training notes and measured on its development notes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import mlflow
import numpy as np
import typer
import xgboost as xgb
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, hamming_loss

from chartcode.artefact import locate
from chartcode.assertion import SentenceAssertions
from chartcode.encoder import Encoder
from chartcode.evaluation import Prediction, evaluate
from chartcode.features import NOTE_FEATURES
from chartcode.patient import stated_age, stated_sex
from chartcode.sentences import split
from chartcode.text import is_content, words
from training import data, registry
from training.data import LabelledNote

TREES = 100
PATIENCE = 10
VALIDATION_SHARE = 0.2
PARAMETERS: dict[str, float | int | str] = {
    "n_estimators": TREES, "max_depth": 4, "learning_rate": 0.1, "early_stopping_rounds": PATIENCE,
    "tree_method": "hist", "n_jobs": 2,
}  # fmt: skip
THRESHOLDS = np.arange(0.05, 0.95, 0.05)


@dataclass(frozen=True)
class Outcome:
    """Probabilities of one baseline, with the threshold that the validation notes chose.

    Attributes
    ----------
    probabilities
        float64 [notes, codes], of the development notes.
    """

    name: str
    probabilities: NDArray[np.float64]
    threshold: float


def note_numbers(text: str) -> list[float]:
    """Return the seven engineered features of a note, in the order of `NOTE_FEATURES`.

    Mentions stand for content words here, and the negated share is that of content words: the classic design has
    no mentions. Age and sex that the note does not state are missing values.
    """
    sentences = split(text)
    content = [
        (sentence, word)
        for sentence in sentences
        for word in words(text[sentence.begin : sentence.end])
        if is_content(word)
    ]
    scopes = {sentence: SentenceAssertions(text[sentence.begin : sentence.end]) for sentence in sentences}
    negated = sum("NEGATION" in scopes[sentence].traits(word.begin, word.end) for sentence, word in content)
    age, sex = stated_age(text), stated_sex(text)
    return [
        float("nan") if age is None else age,
        {"F": 0.0, "M": 1.0}.get(sex or "", float("nan")),
        float(len(text.split())),
        float(len(sentences)),
        float(len({sentence.section for sentence in sentences})),
        float(len(content)),
        negated / max(len(content), 1),
    ]


def classic_features(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return float32 [notes, encoder width + 7]: the mean over all word pieces of a note, and its seven numbers."""
    rows = []
    for text in track(texts, description="Encoding notes", transient=True):
        vectors = encoder.encode(text, [(0, len(text))]).vectors
        rows.append(np.concatenate([vectors.sum(axis=0) / max(len(vectors), 1), note_numbers(text)]))
    return np.array(rows, dtype=np.float32).reshape(len(texts), encoder.width + len(NOTE_FEATURES))


def labels_of(notes: Sequence[LabelledNote], codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return bool [notes, codes]."""
    return np.array([[code in note.codes for code in codes] for note in notes], dtype=bool)


def best_threshold(labels: NDArray[np.bool_], probabilities: NDArray[np.float64]) -> float:
    """Return the threshold with the highest micro F1."""
    scores = [f1_score(labels, probabilities >= each, average="micro", zero_division=0) for each in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(scores))])


def classic(
    train: NDArray[np.float32], labels: NDArray[np.bool_], test: NDArray[np.float32], held: NDArray[np.bool_], seed: int
) -> Outcome:
    """Train one XGBoost a code; `held` marks the validation notes, which stop the trees and choose the threshold."""
    found = np.zeros((len(test), labels.shape[1]))
    validated = np.zeros((int(held.sum()), labels.shape[1]))
    for column in track(range(labels.shape[1]), description="One XGBoost a code", transient=True):
        own = labels[:, column]
        if not own[~held].any():  # all its notes are held out: nothing to learn
            continue
        model = xgb.XGBClassifier(**PARAMETERS, random_state=seed)
        model.fit(train[~held], own[~held], eval_set=[(train[held], own[held])], verbose=False)
        found[:, column] = model.predict_proba(test)[:, 1]
        validated[:, column] = model.predict_proba(train[held])[:, 1]
    return Outcome("classic: embedding + 7, one XGBoost a code", found, best_threshold(labels[held], validated))


def tfidf(train: Sequence[str], labels: NDArray[np.bool_], test: Sequence[str], held: NDArray[np.bool_]) -> Outcome:
    """Train one logistic regression a code over words and pairs of words."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    rows = vectorizer.fit_transform([text for text, out in zip(train, held, strict=True) if not out])
    kept, validation = labels[~held], vectorizer.transform([t for t, out in zip(train, held, strict=True) if out])
    unseen = vectorizer.transform(test)
    found = np.zeros((len(test), labels.shape[1]))
    validated = np.zeros((int(held.sum()), labels.shape[1]))
    for column in track(range(labels.shape[1]), description="TF-IDF, one linear model a code", transient=True):
        if kept[:, column].any():
            model = LogisticRegression(C=10, class_weight="balanced", max_iter=500).fit(rows, kept[:, column])
            found[:, column] = model.predict_proba(unseen)[:, 1]
            validated[:, column] = model.predict_proba(validation)[:, 1]
    return Outcome("TF-IDF + logistic regression", found, best_threshold(labels[held], validated))


def measures(outcome: Outcome, notes: Sequence[LabelledNote], codes: Sequence[str]) -> dict[str, float]:
    """Return subset accuracy, Hamming loss and F1 over `codes`, and micro F1 and MAP over all gold codes."""
    labels, chosen = labels_of(notes, codes), outcome.probabilities >= outcome.threshold
    predictions = []
    for note, row, picked in zip(notes, outcome.probabilities, chosen, strict=True):
        order = np.argsort(-row, kind="stable")
        ranking = tuple(codes[i] for i in order)
        predictions.append(Prediction(tuple(codes[i] for i in order if picked[i]), ranking, note.codes))
    exact, category = evaluate(predictions)
    return {
        "subset_accuracy": float(accuracy_score(labels, chosen)),
        "hamming_loss": float(hamming_loss(labels, chosen)),
        "own_codes_micro_f1": float(f1_score(labels, chosen, average="micro", zero_division=0)),
        "own_codes_macro_f1": float(f1_score(labels, chosen, average="macro", zero_division=0)),
        "micro_f1": exact.micro_f1,
        "map": exact.map,
        "category_micro_f1": category.micro_f1,
        "threshold": outcome.threshold,
    }


def main(
    folder: Annotated[Path, typer.Option("--data", help="Folder with CodiEsp's training and development notes")],
    count: Annotated[int, typer.Option("--codes", help="How many of the most frequent codes", min=1)] = 99,
    seed: Annotated[int, typer.Option(help="Same seed, same models")] = 7,
    store: Annotated[Path, typer.Option(help="Folder of the MLflow store")] = registry.STORE,
) -> None:
    """Train and measure both baselines."""
    train, dev = data.read(folder / data.CODIESP_TRAIN), data.read(folder / data.CODIESP_DEV)
    codes = [code for code, _ in Counter(code for note in train for code in note.codes).most_common(count)]
    labels = labels_of(train, codes)
    held = np.random.default_rng(seed).random(len(train)) < VALIDATION_SHARE
    encoder = Encoder.load(locate())
    texts, unseen = [note.text for note in train], [note.text for note in dev]
    rows, test = classic_features(encoder, texts), classic_features(encoder, unseen)
    found = [classic(rows, labels, test, held, seed), tfidf(texts, labels, unseen, held)]
    measured = {outcome.name: measures(outcome, dev, codes) for outcome in found}
    table = Table(title=f"{len(codes)} codes, {len(dev)} development notes, {rows.shape[1]} features (classic)")
    table.add_column("measure")
    for name in measured:
        table.add_column(name, justify="right")
    for measure in next(iter(measured.values())):
        table.add_row(measure, *(f"{each[measure]:.3f}" for each in measured.values()))
    Console().print(table)
    registry.open_store(store)
    for name, values in measured.items():
        with mlflow.start_run(run_name=f"baseline: {name}"):
            mlflow.log_params({"codes": len(codes), "seed": seed, "features": rows.shape[1]})
            mlflow.log_metrics(values)


if __name__ == "__main__":
    typer.run(main)
