"""The words of the workbench: what the API's terms and numbers are called on the page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

ENOUGH_CODES = 300

AFFIRMED = "AFFIRMED"
ASSERTIONS: Mapping[str, str] = {
    AFFIRMED: "affirmed",
    "NEGATION": "negated",
    "HYPOTHETICAL": "uncertain",
    "LOW_CONFIDENCE": "uncertain",
    "PERTAINS_TO_FAMILY": "family",
    "HISTORICAL": "history",
}

ROUTES: Mapping[str, str] = {"auto": "Auto", "review": "Review"}

STATUSES: Mapping[str, str] = {
    "WAITING_FOR_UPLOAD": "Waiting for its files",
    "IN_PROGRESS": "In progress",
    "SUCCEEDED": "Finished",
    "PARTIAL_SUCCESS": "Finished, some records were not coded",
    "FAILED": "Failed",
}

# The reasons of glue/validation.sql, glue/note_files.py and the coder, and what mends each.
REASONS: Mapping[str, str] = {
    "empty": "There is no text in it. Add the note, or leave the record out.",
    "too_long": "The note has more than 200,000 characters. Split it by encounter.",
    "binary": "It is not plain text. Export the note as text (UTF-8).",
    "not_text": "It is not plain text. Export the note as text (UTF-8).",
    "wrong_encoding": "The file is not UTF-8. Save it as UTF-8.",
    "unsupported_format": "Files of this kind cannot be read. Use .txt, .jsonl, .csv or .parquet.",
    "missing_file": "The file was gone when the batch was read. Upload it again.",
    "missing_column": "There is no column with the note. Name it text.",
    "bad_csv": "The file is not a valid CSV table. Check its quotes and its heading line.",
    "bad_json": "The line is not valid JSON. Each line must be one object with a text field.",
    "bad_parquet": "The file is not a valid Parquet table. Export it again.",
    "bad_age": "The age is not a number of years from 0 to 130.",
    "bad_sex": "The sex is none of F, M, female, male.",
    "bad_id": "The id has more than 200 characters.",
    "id_conflict": "Another record has the same id and another text. Give each note its own id.",
}


# The figures of `training_drift`.
TRAINING_FIGURES: Mapping[str, str] = {
    "billed": "Chapters of billed codes",
    "mentioned": "Chapters of mentioned codes",
    "characters": "Length of a note",
    "entities": "Mentions in a note",
    "unknown_words": "Words that the coder's terms lack",
}


def reason(name: str) -> str:
    """Return in words why a record was not coded."""
    if name.startswith("coder_error"):
        return "The coder failed on this note. Try it again alone; if it fails again, report it."
    return REASONS.get(name, name.replace("_", " ").capitalize() + ".")


def section(name: str) -> str:
    """Return the name of a section of a note in words."""
    return name.replace("_", " ")


def percent(share: float | None) -> str:
    """Return a share as a whole percentage; a dash where there is none."""
    return "-" if share is None else f"{share:.0%}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 code``, ``1,200 codes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def moment(text: str | None) -> str:
    """Return a time of the API (ISO 8601, UTC) to the minute; a dash where there is none."""
    return dt.datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M UTC") if text else "-"


def drift(index: float | None, codes: int) -> str:
    """Return in words what a population stability index of the mix of chapters says, measured on so many codes."""
    if index is None:
        return "Not enough coded batches yet to compare."
    if codes < ENOUGH_CODES:
        return f"Too early to tell: with fewer than {ENOUGH_CODES} codes in the period, each note moves the mix."
    if index < 0.1:
        return "Stable: the newest notes bring the same mix of conditions as the notes before."
    if index < 0.25:
        return "Some change: the newest notes bring another mix of conditions. See the chapters below."
    return "Large change: the newest notes differ from those before. Review more of them before you trust the figures."


def stability(index: float | None) -> str:
    """Return in a word or two what a population stability index says."""
    if index is None:
        return "Too few notes"
    return "None" if index < 0.1 else "Some" if index < 0.25 else "Large"


def chapter(title: str) -> str:
    """Return the title of a chapter in short: ``Diseases of the eye and adnexa (H00-H59)`` is ``Eye and adnexa``."""
    short = re.sub(r"^(Certain )?(Diseases of the )?|\s*\([A-Z0-9-]+\)$", "", title)
    return short[:1].upper() + short[1:]


def literal(text: str) -> str:
    """Return `text` so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]{}<>#|$~:])", r"\\\1", text)


def what_to_do(error: str) -> str:
    """Return what mends a batch that failed with `error`."""
    if error == "BatchTooLarge":
        return "divide them over several batches"
    return "start it again; if it fails again, report this name"
