"""``chartcode batch``: batches of a deployed Chartcode, through its API."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chartcode.cli.console import ExitCode, Json, messages, stop
from chartcode.client import ApiClient, ApiError, ApiRefused, ResultFormat, auth_from_environment

app = typer.Typer(help="Send note files to a deployed Chartcode, and fetch what becomes of them.", no_args_is_help=True)

# Written by `make run`: address and key of the local cloud's API.
CONNECTION = Path(".local/run/stack.json")
POLL_SECONDS = 2.0
_UNFINISHED = frozenset(("WAITING_FOR_UPLOAD", "IN_PROGRESS"))

Url = Annotated[str, typer.Option("--url", envvar="CHARTCODE_API_URL", help="The API (default: that of `make run`)")]
Key = Annotated[str, typer.Option("--key", envvar="CHARTCODE_API_KEY", help="Its API key")]
BatchId = Annotated[str, typer.Argument(help="Id that `chartcode batch submit` printed")]


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help=".txt .jsonl .csv .parquet")],
    name: Annotated[str | None, typer.Option(help="Name to know the batch by")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end")] = False,
    url: Url = "",
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Upload note files as one batch, and print its id."""
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        raise typer.BadParameter("two files have the same name; a batch keeps files by their names.")
    with _api(url, key) as api:
        created = api.create_batch(names, name)
        _upload(api, created["uploads"], {file.name: file for file in files})
        batch = _wait(api, created["id"]) if wait else created
    if as_json:
        typer.echo(json.dumps(batch))
    else:
        typer.echo(batch["id"])
    _judge(batch)


@app.command()
def status(batch_id: BatchId, url: Url = "", key: Key = "", as_json: Json = False) -> None:
    """Show the status and counts of a batch."""
    with _api(url, key) as api:
        batch = api.batch(batch_id)
    if as_json:
        typer.echo(json.dumps(batch))
    else:
        Console().print(_description(batch))
    _judge(batch)


@app.command()
def results(
    batch_id: BatchId,
    file_format: Annotated[ResultFormat, typer.Option("--format", help="Records, a table, or FHIR R4")] = "json",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder (default: stdout)")] = None,
    url: Url = "",
    key: Key = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print where the files are instead, as JSON")] = False,
) -> None:
    """Download the results of a finished batch."""
    with _api(url, key) as api:
        listed = api.results(batch_id, file_format)
        if as_json:
            typer.echo(json.dumps(listed))
            return
        with _progress() as bar:
            for file in bar.track(listed["files"], description="Downloading"):
                _download(api, file, output)


@app.command("list")
def list_batches(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many")] = 20,
    url: Url = "",
    key: Key = "",
    as_json: Json = False,
) -> None:
    """List the newest batches."""
    with _api(url, key) as api:
        page = api.batches(limit)
    if as_json:
        typer.echo(json.dumps(page))
        return
    table = Table("id", "name", "status", "created", "files", "notes")
    for batch in page["batches"]:
        notes = (batch.get("counts") or {}).get("accepted", "")
        row = (batch["id"], batch.get("name") or "", batch["status"], batch["created"], batch["files"], notes)
        table.add_row(*map(str, row))
    Console().print(table)


@contextmanager
def _api(url: str, key: str) -> Iterator[ApiClient]:
    """Give the client of the API; end the command where the API does not answer or refuses."""
    if not url and CONNECTION.is_file():
        connection = json.loads(CONNECTION.read_text(encoding="utf-8"))
        url, key = connection["ApiUrl"], key or connection["ApiKey"]
    if not url:
        raise stop(ExitCode.CANNOT_RUN, "Which API? Give --url, set CHARTCODE_API_URL, or start one with `make run`.")
    try:
        yield ApiClient(url, key, auth=auth_from_environment())
    except ApiError as error:
        unknown = isinstance(error, ApiRefused) and error.status == 404
        raise stop(ExitCode.INCOMPLETE if unknown else ExitCode.API_FAILED, str(error)) from None


def _progress() -> Progress:
    return Progress(console=messages, disable=not sys.stderr.isatty(), transient=True)


def _upload(api: ApiClient, targets: list[dict[str, Any]], files: dict[str, Path]) -> None:
    with _progress() as bar:
        for target in bar.track(targets, description="Uploading"):
            with files[target["file"]].open("rb") as stream:
                api.upload(target, stream)


def _wait(api: ApiClient, batch_id: str) -> dict[str, Any]:
    """Return the batch when it has ended, and say on the way what it is doing."""
    said = ""
    while True:
        batch = api.batch(batch_id)
        counts = batch.get("counts") or {}
        now = f"{batch['status']}: {counts.get('coded', 0)} of {counts.get('accepted', 0)} notes coded"
        if now != said:
            messages.print(now)
            said = now
        if batch["status"] not in _UNFINISHED:
            return batch
        time.sleep(POLL_SECONDS)


def _judge(batch: dict[str, Any]) -> None:
    """End with an error where a batch has ended without coding every note."""
    if batch["status"] in ("PARTIAL_SUCCESS", "FAILED"):
        raise stop(
            ExitCode.INCOMPLETE, batch.get("error") or "Not every note was coded; the counts and reasons say more."
        )


def _download(api: ApiClient, file: dict[str, Any], folder: Path | None) -> None:
    """Write a file of results into `folder`, or to standard output when it is there as a whole."""
    with ExitStack() as files:
        if folder is None:
            whole: BinaryIO = files.enter_context(tempfile.TemporaryFile())
            api.download(file["url"], whole)
            whole.seek(0)
            shutil.copyfileobj(whole, sys.stdout.buffer)
            return
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / Path(file["name"]).name
        api.download(file["url"], files.enter_context(path.open("wb")))
        typer.echo(str(path))


def _description(batch: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None)
    for name in ("id", "name", "status", "created", "started", "finished", "files", "error"):
        if batch.get(name) not in (None, ""):
            table.add_row(name, str(batch[name]))
    for name in ("counts", "reasons"):
        for key, count in (batch.get(name) or {}).items():
            table.add_row(key, str(count))
    if batch.get("missing_files"):
        table.add_row("to be uploaded", ", ".join(batch["missing_files"]))
    return table
