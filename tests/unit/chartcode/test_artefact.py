import shutil

import pytest

from chartcode import artefact
from chartcode.errors import ArtefactError


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped artefact, reduced to its manifest and two small files."""
    shipped = artefact.locate()
    manifest = artefact.read_manifest(shipped)
    names = ("lexicon.json", "term_search.onnx")
    for name in names:
        shutil.copyfile(shipped / name, tmp_path / name)
    small = manifest.model_copy(update={"files": {name: manifest.files[name] for name in names}})
    (tmp_path / artefact.MANIFEST).write_text(small.model_dump_json())
    return tmp_path


def test_a_whole_artefact_is_verified(folder):
    assert artefact.verify(folder).files.keys() == {"lexicon.json", "term_search.onnx"}


def test_a_changed_file_is_named_with_the_fix(folder):
    (folder / "lexicon.json").write_text("{}")
    with pytest.raises(ArtefactError, match=r"lexicon\.json differs.*git checkout"):
        artefact.verify(folder)


def test_a_missing_file_is_named(folder):
    (folder / "lexicon.json").unlink()
    with pytest.raises(ArtefactError, match=r"lexicon\.json is missing"):
        artefact.verify(folder)


def test_the_environment_variable_wins(folder, monkeypatch):
    monkeypatch.setenv(artefact.ENVIRONMENT_VARIABLE, str(folder))
    assert artefact.locate() == folder


def test_a_layer_on_the_path_is_found(folder, monkeypatch, tmp_path_factory):
    site = tmp_path_factory.mktemp("python")
    shutil.copytree(folder, site / artefact.PACKAGE_FOLDER)
    monkeypatch.delenv(artefact.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.syspath_prepend(str(site))
    assert artefact.locate() == site / artefact.PACKAGE_FOLDER


def test_no_artefact_says_what_to_do(tmp_path):
    with pytest.raises(ArtefactError, match="make train"):
        artefact.locate(tmp_path)


def test_the_shipped_artefact_is_small_enough_for_git_and_lambda():
    sizes = [file.size for file in artefact.read_manifest(artefact.locate()).files.values()]
    assert max(sizes) < 30_000_000
    assert sum(sizes) < 100_000_000
