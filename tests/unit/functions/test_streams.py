"""What is too large to hold goes through in pieces, and memory does not grow with it."""

import json
import threading

import pytest
from botocore.exceptions import ClientError
from chartcode_aws import batch_store, streams
from chartcode_aws.batch_store import BatchStore
from publish_results import outputs

MODEL = {"version": "1", "code_set": "ICD-10-CM", "code_set_release": "2026-04-01"}
CODE = {"code": "I10", "description": "words", "probability": 0.9, "route": "auto", "evidence": [{"text": "HTN"}]}


def read(aws, key):
    return aws.get_object(Bucket="results", Key=key)["Body"].read()


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_what_fits_one_part_is_one_object(aws, pieces):
    streams.write(aws, "results", "a", (b"piece\n" for _ in range(pieces)), "text/csv")
    assert read(aws, "a") == b"piece\n" * pieces
    assert "-" not in aws.head_object(Bucket="results", Key="a")["ETag"]  # no parts


def test_parts_are_put_together_in_order(aws, monkeypatch):
    monkeypatch.setattr(streams, "PART_BYTES", 5 * 1024 * 1024)  # the least that S3 takes
    pieces = [bytes([letter]) * 1_500_000 for letter in b"abcdefghi"]
    streams.write(aws, "results", "a", iter(pieces), "text/csv")
    assert read(aws, "a") == b"".join(pieces)
    found = aws.head_object(Bucket="results", Key="a")
    assert (found["ETag"].strip('"').rpartition("-")[2], found["ContentType"]) == ("3", "text/csv")


def test_of_what_breaks_off_there_is_no_object(aws, monkeypatch):
    monkeypatch.setattr(streams, "PART_BYTES", 5 * 1024 * 1024)

    def pieces():
        yield from [b"a" * 6_000_000] * 3
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        streams.write(aws, "results", "a", pieces(), "text/csv")
    assert "Contents" not in aws.list_objects_v2(Bucket="results")


class Shards(BatchStore):
    """A batch of many shards of one note, which knows how many of them are read and not yet counted."""

    def __init__(self, shards):
        super().__init__("batch-1")
        self._shards = shards
        self._lock = threading.Lock()
        self.held = self.most = 0
        self.table = b""

    def keys(self, folder):
        return [f"{self.prefix}{folder}shard-{number:05d}.jsonl" for number in range(self._shards)]

    def read_lines(self, key):
        with self._lock:
            self.held += 1
            self.most = max(self.most, self.held)
        yield {"id": key[-11:-6], "codes": [CODE], "entities": [], "model": MODEL}

    def write_stream(self, name, pieces, content_type):
        for number, piece in enumerate(pieces):
            self.table += piece
            self.held -= number > 0  # the first is the heading
        return name


def test_results_are_counted_while_only_a_few_shards_are_held():
    store = Shards(400)
    tally = outputs.write(store)
    assert (tally.coded, tally.codes, tally.auto, tally.model) == (400, 400, 400, MODEL)
    lines = store.table.decode().splitlines()
    assert lines[0] == "id,code,description,probability,evidence"
    assert [line.partition(",")[0] for line in lines[1:]] == [f"{number:05d}" for number in range(400)]
    assert store.most <= batch_store.THREADS + 2


def test_an_object_that_cannot_be_read_is_an_error(aws):
    aws.put_object(Bucket="results", Key="batches/batch-1/a", Body=json.dumps({"id": 1}).encode())
    reading = BatchStore("batch-1").read_each(["batches/batch-1/a", "batches/batch-1/missing"])
    assert next(reading) == [{"id": 1}]
    with pytest.raises(ClientError, match="NoSuchKey"):
        next(reading)
