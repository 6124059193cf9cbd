"""The output of a job as Comprehend Medical writes it: one file for each input file, and three manifests."""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3
from chartcode_aws import streams
from chartcode_aws.batch_store import BatchStore

from chartcode.result import NoteResult
from comprehend_medical import entities
from comprehend_medical.job import Job, ended_status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class _Outcome:
    """What became of one note of an input file: an answer, or the reason why there is none."""

    source: str
    line: int
    answer: dict[str, Any] | None = None
    characters: int = 0
    reason: str = "not_coded"
    text_hash: str = ""


_BY_PLACE = attrgetter("source", "line")
# Of a shard, each with its name.
_FOLDERS = ("prepared", "results", "failed")


@cache
def _s3() -> S3Client:
    return boto3.client("s3")


def write(store: BatchStore, job: dict[str, Any]) -> None:
    """Write the output of an ended batch; ``summary.json`` and the results of the batch are there already.

    Parameters
    ----------
    job
        ``comprehend_job`` of the batch's item.
    """
    _Output(store, Job.model_validate(job)).write()


class _Output:
    def __init__(self, store: BatchStore, job: Job) -> None:
        self._store = store
        self._job = job
        files = (store.read_json("manifest.json") or {"files": []})["files"]
        self._sizes = {file["key"]: file["size"] for file in files}
        self._successes: list[dict[str, Any]] = []
        self._failures: dict[str, str] = dict.fromkeys(self._sizes, "not_coded")
        self._characters = 0

    def write(self) -> None:
        """Write a file for each input file of which a note was coded, then the manifests."""
        for source, outcomes in itertools.groupby(_outcomes(self._store), key=attrgetter("source")):
            self._write_file(source, outcomes)
        self._write_manifests(self._store.read_json("summary.json"))

    def _write_file(self, source: str, outcomes: Iterator[_Outcome]) -> None:
        # Without any answer there is no file: what stands before the first is held, and no more.
        held: list[_Outcome] = []
        for each in outcomes:
            held.append(each)
            if each.answer is not None:
                break
        else:
            self._failures[source] = held[0].reason
            return
        key = self._job.output_of(source)
        lines = self._lines(itertools.chain(held, outcomes), one=PurePosixPath(source).suffix.lower() == ".txt")
        streams.write(_s3(), self._store.bucket, key, lines, "application/json")
        del self._failures[source]
        self._successes.append({"Input": source, "Output": key, "InputSize": self._sizes[source]})

    def _lines(self, outcomes: Iterator[_Outcome], *, one: bool) -> Iterator[bytes]:
        """Yield a file's content: the answer to its one note, or a line for each; count the characters coded."""
        for each in outcomes:
            self._characters += each.characters if each.answer is not None else 0
            yield json.dumps(each.answer).encode() if one else json.dumps(_line(each)).encode() + b"\n"

    def _write_manifests(self, summary: dict[str, Any]) -> None:
        lists = f"{self._job.folder}Manifest_{self._job.name}/"
        success, unprocessed = f"{lists}success/Success", f"{lists}failed/Unprocessed"
        failures = [{"Input": key, **_error(reason)} for key, reason in self._failures.items()]
        seconds = dt.datetime.fromisoformat(summary["finished"]) - dt.datetime.fromisoformat(summary["started"])
        self._put(success, json.dumps({"Files": self._successes}))
        self._put(unprocessed, json.dumps({"Files": failures}))
        given, wanted = self._job.InputDataConfig, self._job.OutputDataConfig
        of_job = {
            "Status": ended_status(summary),
            "JobType": "ICD10CMInference",
            "InputDataConfiguration": {"Bucket": given.S3Bucket, "Path": given.S3Key},
            "OutputDataConfiguration": {"Bucket": wanted.S3Bucket, "Path": wanted.S3Key},
            "InputFileCount": len(self._sizes),
            "TotalMeteredCharacters": self._characters,
            "UnprocessedFilesCount": len(failures),
            "SuccessFilesCount": len(self._successes),
            "TotalDurationSeconds": round(seconds.total_seconds()),
            "SuccessfulFilesListLocation": success,
            "UnprocessedFilesListLocation": unprocessed,
            "FailedJobErrorMessage": "",
        }
        self._put(self._job.manifest, json.dumps({"Summary": of_job}))

    def _put(self, key: str, content: str) -> None:
        _s3().put_object(Bucket=self._store.bucket, Key=key, Body=content.encode(), ContentType="application/json")


def _line(outcome: _Outcome) -> dict[str, Any]:
    """Return a note of a file of many, as Amazon Comprehend writes a document of such a file."""
    place = {"File": PurePosixPath(outcome.source).name, "Line": outcome.line}
    return {**place, **(_error(outcome.reason) if outcome.answer is None else outcome.answer)}


def _error(reason: str) -> dict[str, str]:
    return {"ErrorCode": reason.upper(), "ErrorMessage": f"The note was not coded ({reason.replace('_', ' ')})."}


def _outcomes(store: BatchStore) -> Iterator[_Outcome]:
    """Yield what became of every note, by file and line; a note with the text of an earlier one has its answer.

    Only a few shards of notes, and the answers that duplicates need, are held at a time.
    """
    rejected = list(_rejected(store))
    needed = {each.text_hash for each in rejected if each.text_hash}
    answers: dict[str, _Outcome] = {}
    for each in heapq.merge(_shards(store), sorted(rejected, key=_BY_PLACE), key=_BY_PLACE):
        first = answers.get(each.text_hash)
        if first is not None:
            yield _Outcome(each.source, each.line, first.answer, first.characters, first.reason)
            continue
        if each.text_hash in needed:
            answers[each.text_hash] = each
        yield each


def _shards(store: BatchStore) -> Iterator[_Outcome]:
    """Yield the accepted notes, which the shards hold in order."""
    names = [PurePosixPath(key).name for key in store.keys("prepared/shard-")]
    written = {key for folder in _FOLDERS for key in store.keys(f"{folder}/")}
    shards = [[f"{store.prefix}{folder}/{name}" for folder in _FOLDERS] for name in names]
    read = store.read_each(key for keys in shards for key in keys if key in written)
    for keys in shards:
        notes, results, failures = (next(read) if key in written else [] for key in keys)
        answers = {result["id"]: entities.response(NoteResult.model_validate(result)) for result in results}
        reasons = {failure["id"]: failure["reason"] for failure in failures}
        for note in notes:
            answer, reason = answers.get(note["id"]), reasons.get(note["id"], "not_coded")
            text = note["text"]
            yield _Outcome(note["source"], note["line"], answer, len(text), reason, _hash(text))


def _rejected(store: BatchStore) -> Iterator[_Outcome]:
    for key in store.keys("quarantine/"):
        for record in store.read_lines(key):
            yield _Outcome(record["source"], record["line"], reason=record["reason"])
    for key in store.keys("duplicates/"):
        for record in store.read_lines(key):
            yield _Outcome(record["source"], record["line"], text_hash=_hash(record["text"]))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
