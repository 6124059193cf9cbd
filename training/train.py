"""``make train``: data → term index → features → XGBoost → evaluation → artefact → MLflow registry.

The stages before the trees (code set, encoder, term vectors, features) are kept in ``.local/training``, each
under a key over its code and its input, and not repeated while that is the same. Synthetic notes are always
generated; CodiEsp's training notes (CC BY 4.0) are added where ``--data`` holds them.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

import chartcode
from chartcode import artefact, codeset, dense, encoder, lexicon, rules, terms, text, trees
from chartcode.candidates import CandidateFinder
from chartcode.coder import Coder
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.evaluation import Level, evaluate, predicted
from chartcode.lexicon import EMPTY, Lexicon
from chartcode.terms import TermIndex
from training import codeset as build_codeset
from training import data, export_encoder, model_card, registry, rows
from training import lexicon as build_lexicon
from training import terms as build_terms
from training import trees as build_trees
from training.data import LabelledNote
from training.rows import RowBuilder
from training.stages import Stages, key_of
from training.synthetic import Generator, phrases
from training.trees import NoteRows

SHIPPED = Path("layers/model/artefact")
WORK = Path(".local/training")
# A candidate of a synthetic note weighs this much beside one of a real note, so that the template notes, of which
# there are more, do not outweigh them.
SYNTHETIC_WEIGHT = 0.5
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
    """Write what depends on the code set and the encoder only, unless it is there and nothing has changed."""
    stages = Stages(folder)
    key = key_of([icd_release(), Path(build_codeset.__file__)])
    if not stages.is_done("code set", key, [codeset.FILE]):
        console.print(f"Code set: {build_codeset.build(folder / codeset.FILE)} codes")
        stages.mark("code set", key)
    key = key_of([encoder_source, Path(export_encoder.__file__)])
    if not stages.is_done("encoder", key, [encoder.MODEL_FILE, encoder.TOKENIZER_FILE]):
        console.print("Exporting the encoder to ONNX int8")
        export_encoder.export(encoder_source, folder)
        stages.mark("encoder", key)
    built_from = (build_codeset, build_terms, dense, encoder, terms, text)
    key = key_of([icd_release(), *(Path(str(module.__file__)) for module in built_from), folder / encoder.MODEL_FILE])
    key = key_of([key, rules.load(rules.LayTerms).model_dump_json()])
    if not stages.is_done("terms", key, [terms.FILE, dense.SEARCH_FILE, dense.VECTORS_FILE]):
        all_terms = build_terms.terms()
        build_terms.save_index(build_terms.build_index(all_terms), folder)
        build_terms.save_vectors(build_terms.encode_terms(all_terms, Encoder.load(folder)), folder)
        console.print(f"Term index: {len(all_terms)} terms")
        stages.mark("terms", key)


def icd_release() -> str:
    """Return what names the code set's release: ours, and the version of the package that carries it."""
    return f"{build_codeset.RELEASE_NAME}, simple-icd-10-cm {importlib.metadata.version('simple-icd-10-cm')}"


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
    """Return the lexicon, and the rows of CodiEsp's and of the synthetic notes; rows are kept for the next run."""
    codes, index = CodeSet(folder / codeset.FILE), TermIndex.load(folder)
    learned = build_lexicon.learn(sources.codiesp, codes.billable_code) if sources.codiesp else EMPTY
    code = [Path(chartcode.__file__).parent, Path(rows.__file__), Path(build_lexicon.__file__)]
    notes = [note.model_dump_json() for note in (*sources.codiesp, *sources.synthetic)]
    key = key_of([*code, *(folder / name for name in STABLE_FILES), *notes])
    stages = Stages(folder)
    if not stages.is_done("rows", key, [rows.FILE]):
        finder = CandidateFinder(index, Encoder.load(folder), TermSearch.load(folder), EMPTY)
        builder = RowBuilder(codes, index, finder)
        found = builder.out_of_fold(sources.codiesp, codes.billable_code) if sources.codiesp else []
        found += builder.rows(sources.synthetic, learned, "Features, synthetic notes")
        rows.save(found, folder)
        stages.mark("rows", key)
    found = rows.load(folder)
    real, synthetic = found[: len(sources.codiesp)], found[len(sources.codiesp) :]
    return learned, real, [replace(each, weight=SYNTHETIC_WEIGHT) for each in synthetic] if real else synthetic


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
    } | {
        f"{path.stem}.{level}.{name}.micro_f1_{end}": getattr(measures.intervals["micro_f1"], end)
        for name, measures in (("exact", exact), ("category", category))
        for end in ("low", "high")
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
    """Return the commit that the run was made from, with ``-dirty`` where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def development_metrics(folder: Path, data_folder: Path | None) -> dict[str, float]:
    """Return the measures of the coder in `folder` on the development sets that are there."""
    dev_sets: tuple[tuple[str, Level], ...] = ((data.CODIESP_DEV, "entities"), (data.ACI_DEV, "codes"))
    metrics: dict[str, float] = {}
    for name, level in dev_sets:
        if data_folder and (data_folder / name).is_file():
            metrics.update(measure(Coder.load(folder), data_folder / name, level))
    return metrics


def ship(folder: Path, output: Path) -> None:
    """Copy the artefact of `folder` to `output`, and write its model card."""
    output.mkdir(parents=True, exist_ok=True)
    for name in (*STABLE_FILES, lexicon.FILE, trees.ENTITY_FILE, artefact.MANIFEST):
        shutil.copyfile(folder / name, output / name)
    manifest = artefact.verify(output)
    if output == SHIPPED:
        model_card.write(manifest, Path("docs/model-card.md"))


def main(
    data_folder: Annotated[Path | None, typer.Option("--data", help="Folder with labelled notes")] = None,
    encoder_source: Annotated[str, typer.Option("--encoder", help="Folder or Hub name of a BERT")] = "",
    synthetic_notes: Annotated[int, typer.Option(help="How many synthetic notes", min=10)] = 1500,
    seed: Annotated[int, typer.Option(help="Same seed, same model")] = 7,
    work: Annotated[Path, typer.Option(help="Folder for what is built on the way")] = WORK,
    output: Annotated[Path, typer.Option(help="Where the artefact goes")] = SHIPPED,
    store: Annotated[Path, typer.Option(help="Folder of the MLflow store")] = registry.STORE,
) -> None:
    """Train, evaluate and register a coder."""
    commit = git_commit()
    prepare(work, encoder_source or str(export_encoder.embedded_encoder()))
    sources = read_sources(data_folder, synthetic_notes, seed)
    learned, real, synthetic = build_rows(work, sources)
    learned.save(work)
    console.print("Training XGBoost, and choosing the threshold by cross-validation")
    judged = real or synthetic
    probabilities = build_trees.out_of_fold([*real, *synthetic], seed)[: len(judged)]
    threshold = build_trees.best_threshold(judged, probabilities)
    build_trees.export(build_trees.fit([*real, *synthetic], seed), work / trees.ENTITY_FILE)
    training: dict[str, Any] = {
        "encoder": encoder_source or export_encoder.EMBEDDED,
        "seed": seed,
        "synthetic_notes": synthetic_notes,
        "synthetic_weight": SYNTHETIC_WEIGHT,
        "codiesp_notes": len(sources.codiesp),
        "git_commit": commit,
        **{f"data.{name}": digest for name, digest in sources.hashes.items()},
        **{f"xgboost.{name}": value for name, value in build_trees.PARAMETERS.items()},
    }
    metrics = {"cross_validation.calibration_error": build_trees.calibration_error(judged, probabilities)}
    write_manifest(work, threshold, training, metrics)
    metrics.update(development_metrics(work, data_folder))
    write_manifest(work, threshold, training, metrics)
    for name, value in metrics.items():
        console.print(f"  {name} {value:.4f}")
    ship(work, output)
    version = registry.register(registry.open_store(store), output, artefact.read_manifest(output))
    console.print(f"{output}: registered as version {version}, champion.")


if __name__ == "__main__":
    typer.run(main)
