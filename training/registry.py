"""The MLflow tracking store and registry: a SQLite file, with the alias ``champion``.

``python -m training.registry`` registers the shipped model in an empty store, so that the MLflow UI of a
newcomer shows it. It needs mlflow only, not the training stack.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import mlflow
import typer
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from chartcode.artefact import Manifest, locate, read_manifest

EXPERIMENT = "chartcode-coder"
MODEL = "chartcode-coder"
CHAMPION = "champion"
STORE = Path(".mlflow")
# What a run learns. The encoder, the code set and its term vectors come from elsewhere; the manifest names them
# and holds their hashes.
LOGGED_FILES = ("manifest.json", "span_gate.npy", "entities.onnx", "billing.onnx", "lexicon.json", "reference.json")


def open_store(store: Path = STORE) -> MlflowClient:
    """Open (or make) the store in the folder `store`, and return a client of it."""
    store.mkdir(parents=True, exist_ok=True)
    uri = f"sqlite:///{store.resolve() / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    if client.get_experiment_by_name(EXPERIMENT) is None:
        client.create_experiment(EXPERIMENT, artifact_location=(store.resolve() / "artifacts").as_uri())
    mlflow.set_experiment(EXPERIMENT)
    return client


def register(
    client: MlflowClient, folder: Path, manifest: Manifest, report: Path | None = None, promoted: bool = True
) -> str:
    """Log the run of the artefact in `folder`, register it as a version, and make it the champion if it is promoted.

    Parameters, data hashes and metrics come from the manifest, plots and tables from the folder `report`. No note
    text is in any of them.
    """
    with mlflow.start_run(run_name=manifest.version) as run:
        mlflow.log_params({key: str(value)[:500] for key, value in manifest.training.items()})
        mlflow.log_params({"code_set": manifest.code_set, "encoder": manifest.encoder})
        mlflow.log_metrics(manifest.metrics)
        for name in ("entity_threshold", "billing_threshold", "auto_threshold"):
            mlflow.log_metric(name, getattr(manifest, name))
        if report is not None:
            mlflow.log_artifacts(str(report), artifact_path="report")
        for name in LOGGED_FILES:
            mlflow.log_artifact(str(folder / name), artifact_path="model")
        source = f"{run.info.artifact_uri}/model"
    if not client.search_registered_models(f"name = '{MODEL}'"):
        client.create_registered_model(MODEL, description="Clinical notes to ICD-10-CM codes")
    version = client.create_model_version(MODEL, source, run.info.run_id, tags={"version": manifest.version})
    if promoted:
        client.set_registered_model_alias(MODEL, CHAMPION, version.version)
    return str(version.version)


def champion(client: MlflowClient) -> str | None:
    """Return the version of the artefact that is the champion; None where there is none."""
    try:
        return str(client.get_model_version_by_alias(MODEL, CHAMPION).tags.get("version"))
    except MlflowException:
        return None


def registered(client: MlflowClient, version: str) -> str | None:
    """Return the registry's number of the artefact `version`; None where it was never registered."""
    found = client.search_model_versions(f"name = '{MODEL}' and tags.version = '{version}'")
    return str(found[0].version) if found else None


def main(
    model_dir: Annotated[Path | None, typer.Option(help="Folder of the artefact (default: the shipped one)")] = None,
    store: Annotated[Path, typer.Option(help="Folder of the MLflow store")] = STORE,
) -> None:
    """Make the shipped model the champion; it is registered unless it was before (`make rollback`)."""
    folder = locate(model_dir)
    manifest = read_manifest(folder)
    client = open_store(store)
    if champion(client) == manifest.version:
        typer.echo(f"{manifest.version} is the champion already.")
    elif number := registered(client, manifest.version):
        client.set_registered_model_alias(MODEL, CHAMPION, number)
        typer.echo(f"{manifest.version} is the champion again, as version {number}.")
    else:
        typer.echo(f"{manifest.version} registered as version {register(client, folder, manifest)}, champion.")


if __name__ == "__main__":
    typer.run(main)
