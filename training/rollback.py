"""``make rollback VERSION=...``: take the artefact of an earlier commit, check it, and make it the champion again.

The registry keeps what a run learns, not the encoder and the code set; git has every artefact that was shipped, whole.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from chartcode import Coder, artefact
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.search import CodeSearch
from training import registry

ARTEFACT = Path("layers/model/artefact")
SHIPPED = (ARTEFACT, Path("docs/model-card.md"))
NOTE = "Assessment: essential hypertension."


def git(*arguments: str, repository: Path = Path()) -> str:
    """Run git, and return what it prints."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def commit_of(version: str, repository: Path = Path()) -> str | None:
    """Return the newest commit that ships the model `version`; None if none does."""
    manifest = (ARTEFACT / artefact.MANIFEST).as_posix()
    for commit in git("log", "--format=%H", "--", manifest, repository=repository).split():
        if f'"version": "{version}"' in git("show", f"{commit}:{manifest}", repository=repository):
            return commit
    return None


def ship(commit: str) -> None:
    """Take the artefact, and its model card, of a commit."""
    git("restore", f"--source={commit}", "--staged", "--worktree", "--", *map(str, SHIPPED))


def main(version: Annotated[str, typer.Argument(help="As the answers name it (X-Model-Version)")]) -> None:
    """Ship an earlier model again."""
    commit = commit_of(version)
    if commit is None:
        raise typer.BadParameter(f"No commit ships the model {version}.")
    if git("status", "--porcelain", "--", *map(str, SHIPPED)):
        raise typer.BadParameter(f"{ARTEFACT} or the model card has changes. Commit or discard them first.")
    ship(commit)
    try:
        artefact.verify(ARTEFACT)
        Coder.load(ARTEFACT).code(NOTE)
        CodeSearch.load(ARTEFACT, CodeSet(ARTEFACT / CODESET_FILE)).find("hypertension", 1)
    except Exception as error:
        ship("HEAD")
        typer.echo(f"The code of today does not fit that model: {str(error).splitlines()[0]}", err=True)
        typer.echo(f"Nothing was changed. Deploy the commit {commit} as a whole.", err=True)
        raise typer.Exit(1) from None
    registry.main(ARTEFACT)
    typer.echo(f"{ARTEFACT} is that of {commit[:10]}. Commit it and deploy: it becomes a new version behind `live`.")


if __name__ == "__main__":
    typer.run(main)
