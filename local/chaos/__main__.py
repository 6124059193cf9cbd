"""``python -m local.chaos``: every scenario in turn; exit code 0 only if every note is where it belongs."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from local import cloud
from local.chaos import load, report, scenarios
from local.chaos.lab import STATE, Lab
from local.chaos.ledger import Account
from local.chaos.scenario import Outcome
from local.preflight import free_port, problems
from local.settings import ROOT, Settings

TARGET = ROOT / ".local" / "chaos.json"
# Uploads of so many seconds are one batch.
WINDOW_SECONDS = 5
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
Run = Callable[[Lab], Outcome]


def quick() -> dict[str, Run]:
    """Return the scenarios that CI has time for."""
    return {
        "starter-killed": partial(scenarios.starter_killed, files=60),
        "predict-killed": partial(scenarios.predict_killed, files=100),
        "restart": partial(scenarios.restart, files=100),
    }


def full(files: int) -> dict[str, Run]:
    """Return every scenario; the largest with so many files."""
    return {
        "burst": partial(scenarios.burst, files=files),
        "events": partial(scenarios.events, files=200),
        "starter-killed": partial(scenarios.starter_killed, files=400),
        "dead-letters": partial(scenarios.dead_letters, files=60),
        "predict-killed": partial(scenarios.predict_killed, files=400),
        "publisher-killed": partial(scenarios.publisher_killed, files=200),
        "glue-killed": partial(scenarios.glue_killed, files=100),
        "glue-timeout": partial(scenarios.glue_timeout, files=100),
        "coding-job-killed": partial(scenarios.coding_job_killed, files=100),
        "s3-slow-down": partial(scenarios.s3_slow_down, files=300, seconds=90),
        "restart": partial(scenarios.restart, files=300),
    }


def one(name: str, run: Run, lab: Lab) -> Outcome:
    """Run a scenario; one that cannot be run has not held."""
    began = time.monotonic()
    try:
        with console.status(name):
            outcome = run(lab)
    except Exception as error:
        broken = [f"{type(error).__name__}: {error}"]
        outcome = Outcome(name, Account(0, broken=broken), time.monotonic() - began)
    mark = "[red]✗[/]" if outcome.account.broken else "[green]✓[/]"
    console.print(f"{mark} {outcome.name} [dim]({outcome.seconds:.0f} s)[/]")
    return outcome


def main(
    fast: Annotated[bool, typer.Option("--quick", help="Some scenarios, small, and little load: for CI")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only this scenario (or load); may be repeated")] = None,
    files: Annotated[int, typer.Option(help="Files dropped at once")] = 5000,
    clients: Annotated[int, typer.Option(help="Clients of the API")] = 20,
    seconds: Annotated[int, typer.Option(help="How long they keep asking")] = 120,
) -> None:
    """Make things fail on the local stack, and account for every note."""
    settings = Settings(cloud_port=free_port(), workbench_port=free_port(), mlflow_port=free_port(), state=STATE)
    if missing := problems(settings):
        console.print("\n".join(f"[red]✗[/] {each}" for each in missing))
        sys.exit(2)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs = quick() if fast else full(files)
    wanted = only or [*runs, "load"]
    if unknown := set(wanted) - {*runs, "load"}:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose from {', '.join([*runs, 'load'])}")
    shutil.rmtree(STATE, ignore_errors=True)
    (STATE / "logs").mkdir(parents=True)
    cloud.build(STATE / "logs" / "sam.log")
    lab = Lab(settings, WINDOW_SECONDS)
    found = None
    try:
        outcomes = [one(name, runs[name], lab) for name in wanted if name in runs]
        if "load" in wanted:
            found = load.run(lab, *((4, 15) if fast else (clients, seconds)))
    finally:
        lab.stop()
    if outcomes:
        console.print(report.notes_table(outcomes))
    if found:
        console.print(report.load_table(found))
    report.write(TARGET, "quick" if fast else "full", outcomes, found)
    sys.exit(any(each.account.broken for each in outcomes) or bool(found and found.broken))


if __name__ == "__main__":
    typer.run(main)
