"""``chartcode serve``: the REST API on one port, without a cloud."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from chartcode.cli.console import ExitCode, stop

_REPOSITORY = Path(__file__).resolve().parents[4]
_LOOPBACK = ("127.0.0.1", "localhost")


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    key: Annotated[str, typer.Option(envvar="CHARTCODE_API_KEY", help="API key that callers must send")] = "",
) -> None:
    """Serve the REST API from this repository: notes, codes, reviews and metrics, without batches."""
    if not (_REPOSITORY / "local" / "serve.py").is_file():
        raise stop(ExitCode.CANNOT_RUN, "`chartcode serve` runs from the repository of Chartcode only.")
    if host not in _LOOPBACK and not key:
        raise typer.BadParameter("Name a --key: others than you can reach this address.", param_hint="--host")
    sys.path[:0] = [str(_REPOSITORY), str(_REPOSITORY / "functions")]
    try:
        server = import_module("local.serve")
    except ModuleNotFoundError as error:
        message = f"`chartcode serve` needs the development environment ({error.name} is missing): make setup."
        raise stop(ExitCode.CANNOT_RUN, message) from None
    try:
        server.serve(host, port, key)
    except OSError as error:
        raise stop(ExitCode.CANNOT_RUN, f"Cannot listen on {host}:{port}: {error.strerror}.") from None
