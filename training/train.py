"""``make train``: data → features → XGBoost → evaluation → calibration → ONNX → registry → artefact of the layer.

What depends on the code set and the encoder only, and the features of the notes, is kept in ``.local/training``, each
stage under a key over its code and its input, and not repeated while that is the same. Synthetic notes are always
generated; CodiEsp's training notes (CC BY 4.0) are added where ``--data`` holds them.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from chartcode import artefact, codeset, dense, encoder, lexical, lexicon, rules, search, terms, text, trees
from chartcode.encoder import Encoder
from training import (
    billing,
    data,
    entities,
    export_encoder,
    model_card,
    promotion,
    reference,
    registry,
    report,
    term_vectors,
)
from training import codeset as build_codeset
from training import terms as build_terms
from training import trees as build_trees
from training.data import LabelledNote
from training.encoder_pairs import PairSampler
from training.stages import Stages, key_of
from training.synthetic import Generator, phrases

SHIPPED = Path("layers/model/artefact")
WORK = Path(".local/training")
TUNED = "all-MiniLM-L6-v2 tuned on ICD-10-CM terms (make train-encoder)"
# Of the synthetic notes, this share is one phrase each, and as many more encounters train the billing trees.
PHRASE_SHARE = 0.5
BILLING_SHARE = 0.5
LEARNED_FILES = (dense.GATE_FILE, lexicon.FILE, trees.ENTITY_FILE, trees.BILLING_FILE)
console = Console()


@dataclass(frozen=True)
class Sources:
    """The notes that a run trains on, and the hashes of their files."""

    synthetic: list[LabelledNote]
    encounters: list[LabelledNote]
    codiesp: list[LabelledNote]
    hashes: dict[str, str]


def prepare(folder: Path, encoder_source: str) -> None:
    """Write what depends on the code set and the encoder only, unless it is there and nothing has changed.

    Without `encoder_source`, the tuned int8 encoder that ships with the repository is taken as it is.
    """
    stages = Stages(folder)
    key = key_of([icd_release(), Path(build_codeset.__file__)])
    if not stages.is_done("code set", key, [codeset.FILE]):
        console.print(f"Code set: {build_codeset.build(folder / codeset.FILE)} codes")
        stages.mark("code set", key)
    key = key_of([encoder_source or SHIPPED / encoder.MODEL_FILE, Path(export_encoder.__file__)])
    if not stages.is_done("encoder", key, [encoder.MODEL_FILE, encoder.TOKENIZER_FILE]):
        if encoder_source:
            console.print("Exporting the encoder to ONNX int8")
            export_encoder.export(encoder_source, folder)
        else:
            for name in (encoder.MODEL_FILE, encoder.TOKENIZER_FILE):
                shutil.copyfile(SHIPPED / name, folder / name)
        stages.mark("encoder", key)
    built_from = (build_codeset, build_terms, term_vectors, dense, encoder, lexical, terms, text)
    key = key_of([icd_release(), *(Path(str(module.__file__)) for module in built_from), folder / encoder.MODEL_FILE])
    data_files = (rules.Abbreviations, rules.LayTerms, rules.WordSynonyms)
    key = key_of([key, build_terms.INDEX_FILE, *(rules.load(schema).model_dump_json() for schema in data_files)])
    if not stages.is_done("terms", key, [terms.FILE, *entities.DENSE_FILES]):
        all_terms = build_terms.terms()
        build_terms.save_index(build_terms.build_index(all_terms), folder)
        term_vectors.save(term_vectors.encode_terms(all_terms, Encoder.load(folder)), folder)
        console.print(f"Term index: {len(all_terms)} terms")
        stages.mark("terms", key)
    if not stages.is_done("term texts", key, [search.FILE]):
        (folder / search.FILE).write_text("".join(f"{term.text}\n" for term in build_terms.terms()), encoding="utf-8")
        stages.mark("term texts", key)


def icd_release() -> str:
    """Return what names the code set's release: ours, and the version of the package that carries it."""
    return f"{build_codeset.RELEASE_NAME}, simple-icd-10-cm {importlib.metadata.version('simple-icd-10-cm')}"


def read_sources(folder: Path | None, synthetic_notes: int, seed: int, codiesp: bool = True) -> Sources:
    """Generate the synthetic notes, and read CodiEsp's training notes where they are and wanted."""
    wordings = PairSampler(seed).wordings(int(synthetic_notes * PHRASE_SHARE))
    synthetic = _generated(synthetic_notes, seed) + [
        LabelledNote(id=f"phrase-{number:06d}", text=wording, codes=(code,), term=term if number % 2 else None)
        for number, (wording, code, term) in enumerate(wordings)
    ]
    encounters = _generated(int(synthetic_notes * BILLING_SHARE), seed + 1)
    path = folder / data.CODIESP_TRAIN if folder and codiesp else None
    if path is None or not path.is_file():
        console.print("Training on synthetic notes only.")
        return Sources(synthetic, encounters, [], {})
    return Sources(synthetic, encounters, data.read(path), {path.name: data.digest(path)})


def _generated(count: int, seed: int) -> list[LabelledNote]:
    drawn = Generator(phrases(), seed).notes(count)
    return [
        LabelledNote(id=n.id, text=n.text, codes=n.codes, age=n.age, sex=n.sex, billed=n.billed or None) for n in drawn
    ]


def write_manifest(
    folder: Path, thresholds: tuple[float, float, float], training: dict[str, Any], metrics: dict[str, float]
) -> artefact.Manifest:
    """Write the manifest (entity, billing and auto threshold), with the hash of every file of the artefact."""
    created = dt.datetime.now(dt.UTC).replace(microsecond=0)
    manifest = artefact.Manifest(
        version=created.strftime("%Y.%m.%d-%H%M"),
        created=created,
        code_set=build_codeset.RELEASE_NAME,
        code_set_release=dt.date.fromisoformat(build_codeset.RELEASE_DATE),
        encoder=training["encoder"],
        entity_threshold=round(thresholds[0], 4),
        billing_threshold=round(thresholds[1], 4),
        auto_threshold=round(thresholds[2], 4),
        training=training,
        metrics={name: round(value, 4) for name, value in metrics.items()},
        files={name: artefact.describe(folder / name) for name in (*entities.STABLE_FILES, *LEARNED_FILES)},
    )
    (folder / artefact.MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest


def git_commit() -> str:
    """Return the commit that the run was made from, with ``-dirty`` where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def ship(folder: Path, output: Path) -> None:
    """Copy the artefact of `folder` to `output`, and write its model card."""
    output.mkdir(parents=True, exist_ok=True)
    for name in (*artefact.read_manifest(folder).files, artefact.MANIFEST):
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
    output: Annotated[Path, typer.Option(help="Where the artefact goes if it is promoted")] = SHIPPED,
    store: Annotated[Path, typer.Option(help="Folder of the MLflow store")] = registry.STORE,
    codiesp: Annotated[bool, typer.Option(help="Learn from CodiEsp's training notes where they are")] = True,
) -> None:
    """Train, evaluate and register a coder; promote it if it beats the present one on the development sets."""
    commit = git_commit()
    prepare(work, encoder_source)
    sources = read_sources(data_folder, synthetic_notes, seed, codiesp)
    entity_level = entities.train(work, sources.codiesp, sources.synthetic, seed)
    billed = billing.train(work, sources.encounters, seed)
    build_trees.export(billed.model, work / trees.BILLING_FILE, billed.calibration)
    thresholds = (entity_level.threshold, billed.threshold, billed.auto_threshold)
    training: dict[str, Any] = {
        "encoder": encoder_source or TUNED,
        "seed": seed,
        "synthetic_notes": len(sources.synthetic),
        "synthetic_encounters": len(sources.encounters),
        "synthetic_weight": entities.SYNTHETIC_WEIGHT,
        "codiesp_notes": len(sources.codiesp),
        "index_terms": sum(len(entry.terms) for entry in build_terms.index().codes),
        "git_commit": commit,
        **{f"data.{name}": digest for name, digest in sources.hashes.items()},
        **{f"xgboost.{name}": value for name, value in build_trees.PARAMETERS.items()},
        **{f"billing.{name}": value for name, value in billing.PARAMETERS.items()},
    }
    found = report.Report()
    found.cross_validation("entities", entity_level.judged, entity_level.held_out, entity_level.threshold)
    found.cross_validation("billing_synthetic", billed.rows, billed.held_out, billed.threshold)
    found.importance("entities", entity_level.model)
    found.importance("billing", billed.model)
    write_manifest(work, thresholds, training, found.metrics)
    found.development(work, data_folder)
    write_manifest(work, thresholds, training, found.metrics)
    drawn = _generated(min(synthetic_notes, reference.NOTES), seed + 2)
    manifest = reference.write(work, {"synthetic encounters": drawn, "CodiEsp training notes": sources.codiesp})
    for name, value in manifest.metrics.items():
        if name.count(".") < 4 and "slice" not in name:
            console.print(f"  {name} {value:.4f}")
    client = registry.open_store(store)
    promoted, why = promotion.decide(manifest, output)
    found.write(work / "report")
    version = registry.register(client, work, manifest, work / "report", promoted)
    console.print(f"Registered as version {version}. {why}")
    if promoted:
        ship(work, output)
        console.print(f"{output}: champion.")


if __name__ == "__main__":
    typer.run(main)
