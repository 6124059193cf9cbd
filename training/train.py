"""``make train``: data → term index → features → XGBoost → evaluation → artefact → MLflow registry.

Stages that depend on the code set only (code set, encoder, term vectors) are kept in ``.local/training``
and not repeated. Synthetic notes are always generated; CodiEsp's training notes (CC BY 4.0) are added
where ``--data`` holds them.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from chartcode import artefact, codeset, dense, encoder, lexicon, terms, trees
from chartcode.candidates import CandidateFinder
from chartcode.coder import Coder
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.evaluation import Level, evaluate, predicted
from chartcode.lexicon import EMPTY, Lexicon
from chartcode.terms import TermIndex
from training import codeset as build_codeset
from training import data, export_encoder, model_card, registry
from training import lexicon as build_lexicon
from training import terms as build_terms
from training import trees as build_trees
from training.data import LabelledNote
from training.rows import RowBuilder
from training.synthetic import Generator, phrases
from training.trees import NoteRows

SHIPPED = Path("layers/model/artefact")
WORK = Path(".local/training")
STABLE_FILES = (
    codeset.FILE,
    encoder.MODEL_FILE,
    encoder.TOKENIZER_FILE,
    terms.FILE,
    dense.SEARCH_FILE,
    dense.VECTORS_FILE,
)
console = Console()


@dataclass(frozen=True)
class Sources:
    """The notes that a run trains on, and the hashes of their files."""

    synthetic: list[LabelledNote]
    codiesp: list[LabelledNote]
    hashes: dict[str, str]


def prepare(folder: Path, encoder_source: str) -> None:
    """Write what depends on the code set and the encoder only, unless it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / codeset.FILE).exists():
        console.print(f"Code set: {build_codeset.build(folder / codeset.FILE)} codes")
    if not (folder / encoder.MODEL_FILE).exists():
        console.print("Exporting the encoder to ONNX int8")
        export_encoder.export(encoder_source, folder)
    if not (folder / dense.VECTORS_FILE).exists():
        all_terms = build_terms.terms()
        build_terms.save_index(build_terms.build_index(all_terms), folder)
        build_terms.save_vectors(build_terms.encode_terms(all_terms, Encoder.load(folder)), folder)
        console.print(f"Term index: {len(all_terms)} terms")


def read_sources(folder: Path | None, synthetic_notes: int, seed: int) -> Sources:
    """Generate the synthetic notes, and read CodiEsp's training notes where they are."""
    drawn = Generator(phrases(), seed).notes(synthetic_notes)
    synthetic = [LabelledNote(id=n.id, text=n.text, codes=n.codes, age=n.age, sex=n.sex) for n in drawn]
    path = folder / data.CODIESP_TRAIN if folder else None
    if path is None or not path.is_file():
        console.print("CodiEsp is not there: training on synthetic notes only.")
        return Sources(synthetic, [], {})
    return Sources(synthetic, data.read(path), {path.name: data.digest(path)})


def build_rows(folder: Path, sources: Sources) -> tuple[Lexicon, list[NoteRows], list[NoteRows]]:
    """Return the lexicon, and the rows of CodiEsp's and of the synthetic notes."""
    codes, index = CodeSet(folder / codeset.FILE), TermIndex.load(folder)
    finder = CandidateFinder(index, Encoder.load(folder), TermSearch.load(folder), EMPTY)
    builder = RowBuilder(codes, index, finder)
    learned = build_lexicon.learn(sources.codiesp, codes.billable_code) if sources.codiesp else EMPTY
    real = builder.out_of_fold(sources.codiesp, codes.billable_code) if sources.codiesp else []
    return learned, real, builder.rows(sources.synthetic, learned, "Features, synthetic notes")


def measure(coder: Coder, path: Path, level: Level) -> dict[str, float]:
    """Return the measures of `coder` on a development set, as metric names of MLflow."""
    notes = track(data.read(path), description=f"Evaluating on {path.name}")
    predictions = [
        predicted(coder.code(note.text, age=note.age, sex=note.sex, candidates=True), level, note.codes)
        for note in notes
    ]
    exact, category = evaluate(predictions)
    return {
        f"{path.stem}.{level}.{name}.{measure}": getattr(measures, measure)
        for name, measures in (("exact", exact), ("category", category))
        for measure in ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "map")
    }


def write_manifest(folder: Path, threshold: float, training: dict[str, Any], metrics: dict[str, float]) -> None:
    """Write the manifest, with the hash of every file of the artefact."""
    created = dt.datetime.now(dt.UTC).replace(microsecond=0)
    names = (*STABLE_FILES, lexicon.FILE, trees.ENTITY_FILE)
    manifest = artefact.Manifest(
        version=created.strftime("%Y.%m.%d-%H%M"),
        created=created,
        code_set=build_codeset.RELEASE_NAME,
        code_set_release=dt.date.fromisoformat(build_codeset.RELEASE_DATE),
        encoder=training["encoder"],
        entity_threshold=round(threshold, 4),
        training=training,
        metrics={name: round(value, 4) for name, value in metrics.items()},
        files={name: artefact.describe(folder / name) for name in names},
    )
    (folder / artefact.MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")


def git_commit() -> str:
    """Return the commit that the run was made from."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main(
    data_folder: Annotated[Path | None, typer.Option("--data", help="Folder with labelled notes")] = None,
    encoder_source: Annotated[str, typer.Option("--encoder", help="Folder or Hub name of a BERT")] = "",
    synthetic_notes: Annotated[int, typer.Option(help="How many synthetic notes")] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed, same model")] = 7,
    ship: Annotated[bool, typer.Option(help="Replace the shipped artefact by the new one")] = True,
) -> None:
    """Train, evaluate and register a coder."""
    prepare(WORK, encoder_source or str(export_encoder.embedded_encoder()))
    sources = read_sources(data_folder, synthetic_notes, seed)
    learned, real, synthetic = build_rows(WORK, sources)
    learned.save(WORK)
    console.print("Training XGBoost, and choosing the threshold by cross-validation")
    judged = real or synthetic
    threshold = build_trees.best_threshold(judged, build_trees.out_of_fold([*real, *synthetic], seed)[: len(judged)])
    build_trees.export(build_trees.fit([*real, *synthetic], seed), WORK / trees.ENTITY_FILE)
    training: dict[str, Any] = {
        "encoder": encoder_source or export_encoder.EMBEDDED,
        "seed": seed,
        "synthetic_notes": synthetic_notes,
        "codiesp_notes": len(sources.codiesp),
        "git_commit": git_commit(),
        **{f"data.{name}": digest for name, digest in sources.hashes.items()},
        **{f"xgboost.{name}": value for name, value in build_trees.PARAMETERS.items()},
    }
    write_manifest(WORK, threshold, training, {})
    metrics: dict[str, float] = {}
    dev_sets: tuple[tuple[str, Level], ...] = ((data.CODIESP_DEV, "entities"), (data.ACI_DEV, "codes"))
    for name, level in dev_sets:
        if data_folder and (data_folder / name).is_file():
            metrics.update(measure(Coder.load(WORK), data_folder / name, level))
    write_manifest(WORK, threshold, training, metrics)
    for name, value in metrics.items():
        console.print(f"  {name} {value:.3f}")
    if ship:
        SHIPPED.mkdir(parents=True, exist_ok=True)
        for name in (*STABLE_FILES, lexicon.FILE, trees.ENTITY_FILE, artefact.MANIFEST):
            shutil.copyfile(WORK / name, SHIPPED / name)
        model_card.write(artefact.verify(SHIPPED), Path("docs/model-card.md"))
    version = registry.register(registry.open_store(), WORK, artefact.read_manifest(WORK))
    console.print(f"Registered as version {version}, champion.")


if __name__ == "__main__":
    typer.run(main)
