"""What ``make chaos`` prints and writes."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from local.chaos.load import Load
from local.chaos.scenario import Outcome

HOLDS = "[green]holds[/]"


def notes_table(outcomes: list[Outcome]) -> Table:
    """Return a table with a line for each scenario."""
    table = Table(title="Every note, exactly once", row_styles=["", "dim"])
    columns = ("Scenario", "Notes in", "Results", "Quarantined", "Batches", "Recovery, s", "In all, s", "By hand", "")
    for name in columns:
        table.add_column(name, justify="left" if name in ("Scenario", "By hand", "") else "right", overflow="fold")
    for each in outcomes:
        counts = (each.account.notes, each.account.results, each.account.quarantined, each.account.batches)
        recovery = "" if each.recovery is None else f"{each.recovery:.0f}"
        holds = "[red]" + "; ".join(each.account.broken) if each.account.broken else HOLDS
        table.add_row(each.name, *map(str, counts), recovery, f"{each.seconds:.0f}", each.by_hand, holds)
    return table


def load_table(load: Load) -> Table:
    """Return a table of what the API's clients saw."""
    table = Table(title="API under load")
    figures = load.figures()
    for name in figures:
        table.add_column(name.replace("_", " "), justify="right")
    table.add_column("")
    holds = f"[red]{len(load.broken)}: {load.broken[0]}" if load.broken else HOLDS
    table.add_row(*(str(value) for value in figures.values()), holds)
    return table


def write(path: Path, mode: str, outcomes: list[Outcome], load: Load | None) -> None:
    """Write all figures as JSON."""
    found: dict[str, Any] = {
        "mode": mode,
        "cores": os.cpu_count(),
        "load_average": [round(each, 1) for each in os.getloadavg()],
        "scenarios": [asdict(each) for each in outcomes],
        "load": load and {**load.figures(), "broken": load.broken},
    }
    path.write_text(json.dumps(found, indent=1))
