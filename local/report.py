"""What the main job prints at its end: the codes, where results lie, and what is up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from local.stack import Execution, Stack


def codes_table(results: Iterable[dict[str, Any]]) -> Table:
    """Return a table with one line for each code of each note."""
    table = Table(title="Codes", row_styles=["", "dim"])
    for name in ("Note", "Code", "Description", "Probability", "Words that justify it"):
        table.add_column(name, justify="right" if name == "Probability" else "left", overflow="fold")
    for result in results:
        for code in result["codes"]:
            words = "; ".join(dict.fromkeys(evidence["text"] for evidence in code["evidence"]))
            table.add_row(result["id"], code["code"], code["description"], f"{code['probability']:.2f}", words)
        if not result["codes"]:
            table.add_row(result["id"], "-", "nothing to bill", "", "")
    return table


def print_places(console: Console, stack: Stack, executions: list[Execution]) -> None:
    """Print the counts of each batch, where its results lie, and the URLs of what is up."""
    settings = stack.settings
    for execution in executions:
        summary = stack.summary(execution)
        names = ("files", "read", "accepted", "quarantined", "duplicates", "coded", "failed")
        console.print(", ".join(f"{name} {summary[name]}" for name in names) + f": {summary['status']}")
        console.print(f"Results    {summary['results']}", soft_wrap=True)
    exports = " ".join(f"{name}={value}" for name, value in settings.aws_environment.items())
    console.print(f"           export {exports}", soft_wrap=True)
    console.print("           .venvs/cli/bin/aws s3 cp --recursive RESULTS results/")
    console.print(f"Drop files s3://{stack.notes_bucket}/incoming/", soft_wrap=True)
    console.print(f"API        {stack.api_url}", soft_wrap=True)
    console.print(
        f"           curl -H 'x-api-key: {stack.api_key}' -H 'content-type: text/plain'"
        f" --data-binary @events/notes/clinic_visit.txt {stack.api_url}/v1/codes",
        soft_wrap=True,
    )
    console.print(f"Workbench  http://127.0.0.1:{settings.workbench_port}")
    console.print(f"MLflow     http://127.0.0.1:{settings.mlflow_port}")
