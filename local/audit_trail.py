"""``make audit-trail``: who asked for what of which note, when, and which model answered.

It reads the audit table of a deployed stack, on AWS or (with the exports that `make run` prints) on the local cloud.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import boto3
import typer
from boto3.dynamodb.conditions import Key
from chartcode_aws.audit import BY_DAY, batch_subject, note_subject
from rich.console import Console
from rich.table import Table

from local.deployed import outputs

Item = dict[str, Any]
SINCE_DAYS = 7
COLUMNS = ("Time (UTC)", "Who", "What", "Note", "Codes", "Model", "Batch", "From")


class Reader:
    """Reads the entries of an audit table."""

    def __init__(self, table: str) -> None:
        self._table = boto3.resource("dynamodb").Table(table)

    def of_note(self, note_id: str) -> list[Item]:
        """Return the entries of a note, and those of every batch that it was in: who ordered and who fetched it."""
        own = list(self._query(KeyConditionExpression=Key("subject").eq(note_subject(note_id))))
        batches = dict.fromkeys(str(entry["batch_id"]) for entry in own if "batch_id" in entry)
        return [*own, *(entry for batch in batches for entry in self.of_batch(batch))]

    def of_batch(self, batch_id: str) -> list[Item]:
        """Return who ordered, uploaded and fetched a batch."""
        return list(self._query(KeyConditionExpression=Key("subject").eq(batch_subject(batch_id))))

    def of_days(self, first: dt.date, last: dt.date) -> Iterator[Item]:
        """Yield the entries of all notes and batches from one day to another."""
        for number in range((last - first).days + 1):
            day = (first + dt.timedelta(days=number)).isoformat()
            yield from self._query(IndexName=BY_DAY, KeyConditionExpression=Key("day").eq(day))

    def _query(self, **query: Any) -> Iterator[Item]:
        while True:
            answer = self._table.query(**query)
            yield from ({**item, "expiration": int(item["expiration"])} for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def selected(entries: Iterable[Item], first: dt.date, last: dt.date, code: str, who: str) -> list[Item]:
    """Return the entries of a period, with `code` and of `who` (a part of the principal or reviewer), oldest first."""
    found = [
        entry
        for entry in entries
        if first.isoformat() <= entry["day"] <= last.isoformat()
        and (not code or code.upper() in entry["codes"])
        and who.lower() in f"{entry['principal']} {entry.get('reviewer', '')}".lower()
    ]
    return sorted(found, key=lambda entry: entry["time"])


def table(entries: Iterable[Item]) -> Table:
    """Return a line for each entry."""
    shown = Table(row_styles=["", "dim"])
    for name in COLUMNS:
        shown.add_column(name, overflow="fold")
    for entry in entries:
        note = entry.get("note_id") or (entry["subject"][:17] if entry["subject"].startswith("note#") else "-")
        reviewer = f" ({entry['reviewer']})" if "reviewer" in entry else ""
        cells = [entry["time"], entry["principal"] + reviewer, entry["action"], note, ", ".join(entry["codes"])]
        shown.add_row(*cells, *(entry.get(name, "-") for name in ("model_version", "batch_id", "source_ip")))
    return shown


def main(
    note: Annotated[str, typer.Option(help="Id of a note")] = "",
    since: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day, UTC")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, UTC")] = None,
    code: Annotated[str, typer.Option(help="Only where this code was returned or reviewed")] = "",
    who: Annotated[str, typer.Option(help="Only callers, or reviewers, whose name holds this")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each entry")] = False,
    stack: Annotated[str, typer.Option(help="Name of the stack")] = "chartcode",
) -> None:
    """Show the audit trail of a note since it began, or that of all notes of the last 7 days."""
    last = until.date() if until else dt.datetime.now(dt.UTC).date()
    first = since.date() if since else dt.date.min if note else last - dt.timedelta(days=SINCE_DAYS)
    reader = Reader(outputs(stack)["AuditTableName"])
    entries = selected(reader.of_note(note) if note else reader.of_days(first, last), first, last, code, who)
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(entry, sort_keys=True))
        return
    console = Console()
    console.print(table(entries))
    console.print(f"{len(entries)} entries. An id that may hold a name is kept as its hash only.")


if __name__ == "__main__":
    typer.run(main)
