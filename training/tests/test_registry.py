import sqlite3

import pytest

from chartcode.artefact import locate, read_manifest
from training import registry


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = tmp_path_factory.mktemp("mlflow")
    registry.main(model_dir=None, store=store)
    return store


def test_the_shipped_model_is_the_champion_with_its_run(store):
    manifest = read_manifest(locate())
    client = registry.open_store(store)
    assert registry.champion(client) == manifest.version
    version = client.get_model_version_by_alias(registry.MODEL, registry.CHAMPION)
    run = client.get_run(version.run_id)
    assert run.data.metrics.items() >= manifest.metrics.items()
    assert run.data.params["git_commit"] == manifest.training["git_commit"]
    assert run.data.params["code_set"] == manifest.code_set
    logged = {each.path for each in client.list_artifacts(version.run_id, "model")}
    assert logged == {f"model/{name}" for name in registry.LOGGED_FILES}


def test_registering_again_changes_nothing(store, capsys):
    registry.main(model_dir=None, store=store)
    assert "already" in capsys.readouterr().out
    assert len(registry.open_store(store).search_model_versions(f"name = '{registry.MODEL}'")) == 1


def test_a_new_version_becomes_the_champion_and_the_old_one_stays(store):
    manifest = read_manifest(locate())
    client = registry.open_store(store)
    newer = manifest.model_copy(update={"version": "2099.01.01-0000"})
    assert registry.register(client, locate(), newer) == "2"
    assert registry.champion(client) == "2099.01.01-0000"
    assert len(client.search_model_versions(f"name = '{registry.MODEL}'")) == 2


def test_an_earlier_model_that_is_shipped_again_is_the_champion_again(store, capsys):
    client = registry.open_store(store)
    assert registry.champion(client) != read_manifest(locate()).version
    registry.main(model_dir=None, store=store)
    assert "again, as version 1" in capsys.readouterr().out
    assert registry.champion(client) == read_manifest(locate()).version
    assert len(client.search_model_versions(f"name = '{registry.MODEL}'")) == 2


def test_the_store_is_one_sqlite_file(store):
    with sqlite3.connect(store / "mlflow.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    assert count >= 1


def test_an_empty_store_has_no_champion(tmp_path):
    assert registry.champion(registry.open_store(tmp_path)) is None
