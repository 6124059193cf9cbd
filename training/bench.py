"""``make bench``: latency, cold start, memory and throughput of the shipped coder, beside PyTorch eager and XGBoost.

All variants run in turns, a round of notes each, within one process (cold start in processes of their own), so that the
ratios hold on a busy machine too; the table gives minimum, median and maximum.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnxruntime as ort
import typer
import xgboost as xgb
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from chartcode.artefact import locate
from chartcode.coder import Coder
from chartcode.encoder import Encoder
from chartcode.features import FEATURES
from chartcode.sentences import split
from chartcode.trees import Trees
from training import export_encoder
from training.synthetic import Generator, phrases
from training.trees import PARAMETERS

WORDS = 300
NOTES = 12
RESULT = Path(".local/bench.json")
_COLD = """
import re, sys, time
from pathlib import Path
started = time.perf_counter()
from chartcode.coder import Coder
coder = Coder.load(threads=1)
ready = time.perf_counter() - started
for note in sys.stdin.read().split("\\0"):
    coder.code(note)
# Not getrusage, whose peak a child takes over from the process that started it.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(ready, int(peak[1]) * 1024 / 1e6)
"""


class EagerEncoder(Encoder):
    """The same encoder in PyTorch eager mode; for comparison only."""

    @classmethod
    def from_encoder(cls, encoder: Encoder, source: str) -> EagerEncoder:
        """Return `encoder` with its ONNX session replaced by the PyTorch model at `source`."""
        from transformers import AutoModel

        eager = cls.__new__(cls)
        eager.__dict__.update(encoder.__dict__)
        eager._model = AutoModel.from_pretrained(source).eval()  # type: ignore[attr-defined]
        return eager

    def _infer(self, feed: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            tensors = {name: torch.from_numpy(value) for name, value in feed.items()}
            return np.asarray(self._model(**tensors).last_hidden_state.numpy())  # type: ignore[attr-defined]


class NativeTrees(Trees):
    """XGBoost's own predictor; the trees are of the served number and depth, fitted on random rows."""

    def __init__(self, features: int, parameters: dict[str, Any]) -> None:
        random = np.random.default_rng(0)
        rows = random.random((20_000, features), dtype=np.float32)
        self._model = xgb.XGBClassifier(**{**parameters, "n_jobs": 1})
        self._model.fit(rows, rows[:, 0] + random.normal(0, 0.3, len(rows)) > 0.8)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the probability of each row of `features`, float64 [rows]."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self._model.predict_proba(features)[:, 1], dtype=np.float64)


def notes_of(length: int, count: int) -> list[str]:
    """Return synthetic notes of about `length` words."""
    drawn = Generator(phrases(), seed=11)
    found = []
    while len(found) < count:
        words: list[str] = []
        text = ""
        while len(words) < length:
            text += drawn.notes(1)[0].text + "\n"
            words = text.split()
        found.append(text)
    return found


def seconds(run: Callable[[], object]) -> float:
    """Return how long one call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def cold_start(notes: Sequence[str], runs: int) -> tuple[list[float], list[float]]:
    """Return import-to-ready in seconds and peak resident memory in MB of fresh processes that code `notes`."""
    ready, resident = [], []
    for _ in track(range(runs), description="Cold start", transient=True):
        done = subprocess.run(
            [sys.executable, "-c", _COLD], input="\0".join(notes), capture_output=True, text=True, check=True
        )
        first, second = done.stdout.split()
        ready.append(float(first))
        resident.append(float(second))
    return ready, resident


def comparison(eager_source: str) -> Coder:
    """Return the shipped coder with PyTorch eager and native XGBoost in place of onnxruntime."""
    other = Coder.load(threads=1)
    finder, scorer = other._finder, other._scorer
    finder._encoder = EagerEncoder.from_encoder(finder._encoder, eager_source)
    scorer._trees = NativeTrees(len(FEATURES), dict(PARAMETERS))
    return other


def main(
    runs: Annotated[int, typer.Option(help="Rounds over all notes", min=2)] = 5,
    encoder: Annotated[str, typer.Option(help="PyTorch encoder to compare with (default: MiniLM untuned)")] = "",
) -> None:
    """Time the shipped coder, one thread."""
    import torch

    torch.set_num_threads(1)
    tuned = Path(".local/training/encoder")
    source = encoder or (str(tuned) if (tuned / "config.json").is_file() else str(export_encoder.embedded_encoder()))
    coder, notes = Coder.load(threads=1), notes_of(WORDS, NOTES)
    other = comparison(source)
    bare = Encoder.load(locate(), threads=1)
    parts = {note: [(s.begin, s.end) for s in split(note)] for note in notes}
    variants: dict[str, Callable[[str], object]] = {
        "whole note": coder.code,
        "bare encoder pass": lambda text: bare.encode(text, parts[text]),
        "PyTorch eager + XGBoost": other.code,
    }
    timed: dict[str, list[float]] = {name: [] for name in variants}
    for _ in track(range(runs), description="Notes", transient=True):
        # Note after note of one variant, as in a batch: else each would find its caches filled by another.
        for name, run in variants.items():
            run(notes[-1])
            timed[name] += [seconds(lambda run=run, text=text: run(text)) for text in notes]
    ready, resident = cold_start(notes, runs)
    report(timed, ready, resident)


def report(timed: dict[str, list[float]], ready: list[float], resident: list[float]) -> None:
    """Print the table, and keep the figures in `RESULT`."""
    table = Table(title=f"{WORDS}-word notes, one thread of {os.cpu_count()}, onnxruntime {ort.__version__}")
    for column in ("measure", "min", "median", "max"):
        table.add_column(column, justify="left" if column == "measure" else "right")
    rows = {f"{name}, ms": [1000 * each for each in values] for name, values in timed.items()}
    whole = timed["whole note"]
    for name in ("bare encoder pass", "PyTorch eager + XGBoost"):
        pairs = zip(whole, timed[name], strict=True)
        rows[f"whole note ÷ {name}" if "bare" in name else f"{name} ÷ whole note"] = [
            a / b if "bare" in name else b / a for a, b in pairs
        ]
    rows["notes a second and core"] = [1 / each for each in whole]
    rows["import to ready, s"] = ready
    rows["peak resident memory, MB"] = resident
    for name, values in rows.items():
        table.add_row(name, *(f"{f(values):.2f}" for f in (min, statistics.median, max)))
    Console().print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({name: statistics.median(values) for name, values in rows.items()}, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
