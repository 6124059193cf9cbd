"""Tables, or JSON, of what coding costs; ``make cost`` runs it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from local.cost.inputs import Assumed, Deployment, Measured
from local.cost.prices import Prices, Usage
from local.cost.usage import Calculator, Month, summed

VOLUMES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)


def paths(calculator: Calculator) -> dict[str, tuple[int, Usage]]:
    """Return notes and usage of each path: calls of the API, and one batch at which the workflow turns to Glue."""
    notes = calculator.deployment.glue_threshold
    files = max(1, notes // calculator.assumed.notes_per_file)
    batch, single = Month(notes, 1, files), Month(notes, 1, notes)
    return {
        "API, x86": (notes, calculator.api(notes)),
        "API, arm": (notes, calculator.api(notes, "arm64")),
        "Batch, Lambda x86": (notes, calculator.batch(batch, "lambda")),
        "Batch, Lambda arm": (notes, calculator.batch(batch, "lambda", "arm64")),
        "Batch, Lambda x86, a file a note": (notes, calculator.batch(single, "lambda")),
        "Batch, Glue": (notes, calculator.batch(batch, "glue")),
        "Comprehend Medical": (notes, calculator.comprehend_medical(notes)),
    }


def per_thousand(calculator: Calculator, prices: Prices) -> dict[str, dict[str, float]]:
    """Return dollars for 1,000 notes by path and service, without free tiers and standing costs."""
    return {
        path: {service: cost * 1000 / notes for service, cost in prices.by_service(usage).items()}
        for path, (notes, usage) in paths(calculator).items()
    }


def growth(calculator: Calculator, prices: Prices) -> list[dict[str, Any]]:
    """Return dollars a month at each volume, standing costs included, free tiers apart."""
    standing, rows = calculator.standing(conditional=False), []
    for notes in VOLUMES:
        month = Month.of(notes, calculator.assumed)
        api, batch = summed(standing, calculator.api(notes)), summed(standing, calculator.batch(month))
        rows.append(
            {
                "notes": notes,
                "api": prices.total(api),
                "api_free_tiers": prices.saved(api),
                "batch": prices.total(batch),
                "batch_free_tiers": prices.saved(batch),
                "batches": month.batches,
                "engine": month.engine(calculator.deployment),
                "comprehend_medical": prices.total(calculator.comprehend_medical(notes)),
                "comprehend_medical_free_tiers": prices.saved(calculator.comprehend_medical(notes)),
            }
        )
    return rows


def standing(calculator: Calculator, prices: Prices) -> dict[str, dict[str, float]]:
    """Return dollars a month by service for a stack that codes nothing."""
    return {
        "default": prices.by_service(calculator.standing(conditional=False)),
        "every option on": prices.by_service(calculator.standing(conditional=True)),
    }


def thousand_table(costs: dict[str, dict[str, float]], notes: int) -> Table:
    """Return the table of dollars for 1,000 notes."""
    table = Table(title=f"$ for 1,000 notes (batch: one of {notes:,})", title_style="bold")
    table.add_column("")
    for path in costs:
        table.add_column(path, justify="right")
    services = list(dict.fromkeys(service for cost in costs.values() for service in cost))
    for service in services:
        table.add_row(service, *(f"{cost[service]:.5f}" if service in cost else "" for cost in costs.values()))
    table.add_section()
    table.add_row("total", *(f"{sum(cost.values()):.4f}" for cost in costs.values()), style="bold")
    return table


def growth_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of dollars a month."""
    table = Table(title="$ a month, standing costs included; what free tiers take off stands apart", title_style="bold")
    for column in ("notes", "API", "free tiers", "batches", "engine", "Batch", "free tiers", "Comprehend Medical"):
        table.add_column(column, justify="right")
    table.add_column("free tier, 1st month", justify="right")
    for row in rows:
        table.add_row(
            f"{row['notes']:,}",
            f"{row['api']:,.2f}",
            f"-{row['api_free_tiers']:,.2f}",
            f"{row['batches']:,}",
            row["engine"],
            f"{row['batch']:,.2f}",
            f"-{row['batch_free_tiers']:,.2f}",
            f"{row['comprehend_medical']:,.2f}",
            f"-{row['comprehend_medical_free_tiers']:,.2f}",
        )
    return table


def described(values: BaseModel) -> str:
    """Return the described values of a model, as a sentence."""
    fields = type(values).model_fields
    return "; ".join(
        f"{getattr(values, name):,} {field.description}" for name, field in fields.items() if field.description
    )


def main(
    notes_per_file: Annotated[int, typer.Option(min=1, help="Notes in a dropped file")] = 100,
    batches_a_month: Annotated[int, typer.Option(min=1, help="Batches a month, at least")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of tables")] = False,
) -> None:
    """Say what coding costs on AWS (us-east-1), beside Amazon Comprehend Medical."""
    prices, measured = Prices.load(), Measured.load()
    assumed = Assumed(notes_per_file=notes_per_file, batches_a_month=batches_a_month)
    calculator = Calculator(measured, assumed, Deployment.read())
    thousand, months = per_thousand(calculator, prices), growth(calculator, prices)
    fixed = standing(calculator, prices)
    if as_json:
        inputs = {"measured": measured.model_dump(), "assumed": assumed.model_dump(), "prices": prices.model_dump()}
        print(json.dumps({"per_1000_notes": thousand, "growth": months, "standing": fixed, **inputs}, indent=1))
        return
    console = Console(width=150)
    console.print(thousand_table(thousand, calculator.deployment.glue_threshold))
    console.print(growth_table(months))
    for name, costs in fixed.items():
        parts = ", ".join(f"{service} {cost:.2f}" for service, cost in sorted(costs.items()))
        console.print(f"Standing, {name}: {sum(costs.values()):.2f} $ a month ({parts}).")
    console.print("API Gateway's detailed metrics are counted as if every method were called in every hour.")
    console.print(f"Measured ({measured.as_of}; {measured.source}): {described(measured)}.")
    console.print(
        f"Assumed, not measured: {described(assumed)}; a vCPU of Lambda or Glue, x86 or arm, as fast as here."
    )
    console.print(
        f"Prices: {prices.note} Not in any column: people, support, tax;"
        " and of the options: WAF requests, CloudTrail events, backups, replicas."
    )


if __name__ == "__main__":
    typer.run(main)
