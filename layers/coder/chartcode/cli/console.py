"""What the commands share: where messages go, and what an exit code means."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

import typer
from rich.console import Console

# Answers go to standard output; messages and progress never do.
messages = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON")]


class ExitCode(IntEnum):
    """Why a command ends."""

    OK = 0
    INCOMPLETE = 1
    CANNOT_RUN = 2
    API_FAILED = 3


def stop(code: ExitCode, message: str) -> typer.Exit:
    """Print `message`, and return what to raise to end with `code`."""
    messages.print(message, markup=False)
    return typer.Exit(int(code))
