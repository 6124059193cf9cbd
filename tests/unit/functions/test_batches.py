import json
from urllib.parse import parse_qs, urlsplit

import pytest
from batches.app import lambda_handler
from chartcode_aws.batch_table import Batch, BatchTable

SECRET = "Zebra Smith has gout"


@pytest.fixture
def send(aws, rest):
    return lambda *request, **options: rest(lambda_handler, *request, **options)


@pytest.fixture
def put(aws):
    """Write an object of a batch in the results bucket."""

    def write(batch_id, name, *records):
        body = "".join(json.dumps(record) + "\n" for record in records)
        aws.put_object(Bucket="results", Key=f"batches/{batch_id}/{name}", Body=body.encode())

    return write


def test_a_batch_is_ordered_uploaded_and_followed(send, aws):
    order = {"name": "Monday", "files": ["a.txt", "b c.csv"], "engine": "glue"}
    status, headers, accepted = send("POST", "/v1/batches", order)
    assert (status, headers["Location"]) == (202, f"batches/{accepted['id']}")
    assert headers["X-Request-Id"] == "request-1"
    assert headers["X-Code-Set-Release"] == "2026-04-01"
    assert [each["file"] for each in accepted["uploads"]] == order["files"]
    link = urlsplit(accepted["uploads"][1]["url"])
    assert link.path.endswith(f"/incoming/{accepted['id']}/b%20c.csv")
    assert parse_qs(link.query)["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    aws.put_object(Bucket="notes", Key=f"incoming/{accepted['id']}/a.txt", Body=b"Gout")
    _, _, batch = send("GET", f"/v1/batches/{accepted['id']}")
    assert batch["missing_files"] == ["b c.csv"]
    assert (batch["name"], batch["status"], batch["files"]) == ("Monday", "WAITING_FOR_UPLOAD", 2)
    assert BatchTable().get(accepted["id"]).engine == "glue"


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"files": []}, 422, "files"),
        ({"files": ["a.txt", "a.txt"]}, 422, "once"),
        ({"files": ["../a.txt"]}, 422, "files.0"),
        ({"files": ["a.exe"]}, 422, "files.0"),
        ({"files": [SECRET]}, 422, "files.0"),
        ({"files": ["a.txt"], SECRET: 1}, 422, "unknown field"),
        ({"files": ["a.txt"], "engine": SECRET}, 422, "engine"),
        ("{" + SECRET, 400, "not valid JSON"),
    ],
)
def test_an_order_that_cannot_be_taken_is_a_problem_without_an_echo(send, body, status, detail):
    answered, headers, problem = send("POST", "/v1/batches", body)
    assert (answered, headers["Content-Type"]) == (status, "application/problem+json")
    assert detail in problem["detail"]
    assert "Zebra" not in json.dumps(problem)


def test_a_body_that_is_not_json_is_a_415(send):
    assert send("POST", "/v1/batches", "a", content_type="text/plain")[0] == 415


@pytest.mark.parametrize("path", ["/v1/batches/none", f"/v1/batches/{'x' * 3000}", "/v1/batches/none/results"])
def test_an_unknown_batch_is_a_404(send, path):
    assert send("GET", path)[0] == 404


def test_the_list_is_newest_first_in_pages(send):
    for day in range(1, 4):
        created = f"2026-11-0{day}T00:00:00.000Z"
        BatchTable().create(Batch(id=f"batch-{day}", status="WAITING_FOR_UPLOAD", files=1, created=created))
    _, _, first = send("GET", "/v1/batches", query={"limit": "2"})
    assert [batch["id"] for batch in first["batches"]] == ["batch-3", "batch-2"]
    _, _, second = send("GET", "/v1/batches", query={"limit": "2", "next": first["next"]})
    assert ([batch["id"] for batch in second["batches"]], second.get("next")) == (["batch-1"], None)
    assert send("GET", "/v1/batches", query={"limit": "0"})[0] == 422
    assert send("GET", "/v1/batches", query={"next": "nonsense"})[0] == 422


def test_a_running_batch_counts_what_is_done(send, put):
    BatchTable().create(Batch(id="batch-1", status="IN_PROGRESS", files=1))
    assert send("GET", "/v1/batches/batch-1")[2]["counts"]["read"] == 0
    counts = {"files": 1, "read": 60, "accepted": 55, "quarantined": 4, "duplicates": 1, "reasons": {"empty": 4}}
    put("batch-1", "prepared/counts.json", counts)
    shards = [{"key": f"batches/batch-1/prepared/shard-0000{i}.jsonl", "notes": n} for i, n in enumerate((25, 25, 5))]
    put("batch-1", "prepared/shards.json", shards)
    put("batch-1", "results/shard-00000.jsonl", {"id": "a"})
    put("batch-1", "failed/shard-00000.jsonl", {"id": "b", "reason": "empty"}, {"id": "c", "reason": "empty"})
    put("batch-1", "results/shard-00002.jsonl", {"id": "z"})
    put("batch-1", "failed/shard-00002.jsonl")
    _, _, batch = send("GET", "/v1/batches/batch-1")
    expected = {"read": 60, "accepted": 55, "quarantined": 4, "duplicates": 1, "coded": 28, "failed": 2}
    assert batch["counts"] == expected
    assert batch["reasons"] == {"empty": 4}
    assert send("GET", "/v1/batches/batch-1/results")[0] == 409


SUMMARY = {
    "batch_id": "batch-1",
    "status": "PARTIAL_SUCCESS",
    "error": None,
    "files": 2,
    "read": 3,
    "accepted": 2,
    "quarantined": 1,
    "duplicates": 0,
    "reasons": {"empty": 1},
    "coded": 2,
    "failed": 0,
    "started": "2026-11-23T00:00:00+00:00",
    "finished": "2026-11-23T00:01:00+00:00",
    "model": {"version": "1", "code_set": "ICD-10-CM", "code_set_release": "2026-04-01"},
}


@pytest.fixture
def ended(put):
    """A batch that has ended, with its outputs."""
    BatchTable().finish(SUMMARY)
    put("batch-1", "results/shard-00000.jsonl", {"id": "a"})
    put("batch-1", "results/codes.csv", "id")
    put("batch-1", "results/fhir/shard-00000.ndjson", {"resourceType": "Bundle"})
    quarantined = {"text": SECRET, "id": SECRET, "reason": "empty"}
    put(
        "batch-1",
        "quarantine/part-00000.jsonl",
        {**quarantined, "source": "incoming/batch-1/a.txt", "line": 0},
        {**quarantined, "source": "incoming/ward/b.jsonl", "line": 7},
    )


def test_an_ended_batch_says_how_it_ended(send, ended):
    _, _, batch = send("GET", "/v1/batches/batch-1")
    assert batch["counts"] == {key: SUMMARY[key] for key in batch["counts"]}
    assert (batch["status"], batch["model"]) == ("PARTIAL_SUCCESS", SUMMARY["model"])
    assert (batch["started"], batch["finished"]) == (SUMMARY["started"], SUMMARY["finished"])


@pytest.mark.parametrize(
    ("wanted", "name"), [("json", "shard-00000.jsonl"), ("csv", "codes.csv"), ("fhir", "shard-00000.ndjson")]
)
def test_results_are_links(send, ended, wanted, name):
    _, _, answer = send("GET", "/v1/batches/batch-1/results", query={"format": wanted})
    (file,) = answer["files"]
    assert (answer["format"], file["name"]) == (wanted, name)
    assert urlsplit(file["url"]).path.endswith(name)
    assert file["bytes"] > 0
    assert send("GET", "/v1/batches/batch-1/results", query={"format": "xml"})[0] == 422


def test_many_results_come_in_pages(send, ended, put, monkeypatch):
    monkeypatch.setattr("batches.service.MOST_FILES", 2)
    for number in (1, 2, 3, 4):
        put("batch-1", f"results/shard-{number:05d}.jsonl", {"id": "n"})
    pages, query = [], {"format": "json"}
    while True:
        _, _, answer = send("GET", "/v1/batches/batch-1/results", query=query)
        pages.append([file["name"] for file in answer["files"]])
        if "next" not in answer:
            break
        query["next"] = answer["next"]
    names = [f"shard-{number:05d}.jsonl" for number in range(5)]
    assert pages == [names[:2], names[2:4], names[4:]]


def test_quarantine_says_where_and_why_and_never_what(send, ended):
    _, _, answer = send("GET", "/v1/batches/batch-1/quarantine")
    assert answer["records"] == [
        {"file": "a.txt", "reason": "empty"},
        {"file": "ward/b.jsonl", "record": 7, "reason": "empty"},
    ]
    assert "Zebra" not in json.dumps(answer)
