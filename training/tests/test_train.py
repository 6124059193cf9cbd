"""A whole training run on a handful of notes, from the shipped code set, encoder and term index."""

import json
import shutil

import pytest

from chartcode import Coder, artefact
from chartcode.artefact import locate
from training import billing, entities, registry, train, trees

UNCODED = "xylographic"
CASES = (("type 2 diabetes", "E11.9"), ("hypertension", "I10"), ("pneumonia", "J18.9"), ("gout", "M10.9"))


def labelled(number):
    (first, code), (second, other) = CASES[number % 4], CASES[(number + 1) % 4]
    sentences = [f"The patient has {first}.", f"Also {second} was found."]
    return {
        "id": f"n{number}",
        "text": "\n".join([*sentences, f"{UNCODED} was the word."]),
        "codes": [code, other],
        "evidence_sentences": [{"code": c, "text": t} for c, t in zip((code, other), sentences, strict=True)],
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    base = tmp_path_factory.mktemp("train")
    (base / "data").mkdir()
    for name, numbers in (("codiesp_train.jsonl", range(20)), ("codiesp_dev.jsonl", range(20, 24))):
        (base / "data" / name).write_text("".join(json.dumps(labelled(n)) + "\n" for n in numbers))

    def prepared(folder, encoder_source):
        folder.mkdir(exist_ok=True)
        for name in entities.STABLE_FILES:
            shutil.copyfile(locate() / name, folder / name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "prepare", prepared)
        for parameters in (trees.PARAMETERS, billing.PARAMETERS):
            patch.setitem(parameters, "n_estimators", 40)
            patch.setitem(parameters, "learning_rate", 0.3)
        train.main(base / "data", "", 12, 7, base / "work", base / "artefact", base / "mlflow")
    return base


def test_the_artefact_is_whole_and_codes_notes(run):
    manifest = artefact.verify(run / "artefact")
    assert manifest.training["codiesp_notes"] == 20
    assert len(manifest.training["data.codiesp_train.jsonl"]) == 64
    result = Coder.load(run / "artefact").code("Assessment:\n1. Gout.\n", candidates=True)
    assert result.candidates[0].code == "M10.9"
    assert result.model.version == manifest.version


def test_the_dev_set_was_measured(run):
    metrics = artefact.read_manifest(run / "artefact").metrics
    assert metrics["codiesp_dev.entities.exact.map"] > 0.5
    assert not any(name.startswith("aci_icd_dev") for name in metrics)


def test_no_note_text_is_in_the_store_or_the_artefact(run):
    kept = [path for folder in ("mlflow", "artefact") for path in (run / folder).rglob("*") if path.is_file()]
    assert any(path.name == "mlflow.db" for path in kept)
    assert [path for path in kept if b"xylogr" in path.read_bytes().lower()] == []


def test_the_run_is_the_champion(run):
    version = artefact.read_manifest(run / "artefact").version
    assert registry.champion(registry.open_store(run / "mlflow")) == version


def test_features_are_not_built_again(run, monkeypatch):
    def again(*_):
        raise AssertionError("features were built again")

    monkeypatch.setattr(entities.RowBuilder, "rows", again)
    sources = train.read_sources(run / "data", 12, 7)
    _, real, synthetic = entities.note_rows(run / "work", sources.codiesp, sources.synthetic)
    assert (len(real), len(synthetic)) == (20, 12 + 6)
    with pytest.raises(AssertionError, match="built again"):
        entities.note_rows(run / "work", sources.codiesp, train.read_sources(run / "data", 12, 8).synthetic)
