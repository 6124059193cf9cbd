"""Words and a number that stand in no note but these: on whatever way they go in, they are found at home only."""

import base64
import contextlib
import io
import json
import time
import zipfile

import httpx
import places
import pytest
from conftest import predict_that_fails

WORD = "Qzvbxlumwop"  # and a letter for the way it went
NUMBER = "7391846205"
ROLE = "arn:aws:iam::000000000000:role/ComprehendMedicalDataAccess"
JSON, TEXT = {"content-type": "application/json"}, {"content-type": "text/plain"}


def note(way):
    return f"HPI: Mrs. {WORD}{way} (MRN {NUMBER}) has no fever.\nAssessment: gout of {WORD}{way}.\n"


def holds(found):
    """Return whether there is a canary in `found`, in plain, in any case, or in base64."""
    plain = found if isinstance(found, bytes) else (found if isinstance(found, str) else repr(found)).encode()
    encoded = {
        base64.b64encode(b"x" * shift + mark.encode())[4 if shift else 0 : -4]
        for mark in (WORD, NUMBER)
        for shift in range(3)
    }
    return any(mark.lower().encode() in plain.lower() for mark in (WORD, NUMBER)) or any(e in plain for e in encoded)


GOOD = [
    ("POST", "/v1/codes", {"json": {"text": note("a"), "id": f"{WORD} Smith", "candidates": True}}),
    ("POST", "/v1/codes", {"content": note("b"), "headers": TEXT}),
    ("POST", "/v1/codes", {"json": {"text": note("c")}, "headers": {"accept": "application/fhir+json"}}),
    ("GET", "/v1/codes", {"params": {"q": f"{WORD}d gout"}}),
]
REVIEW = {"note_id": "visit-1", "reviewer": "ann", "decisions": [{"code": "M10.9", "action": "accept"}]}
BAD = [
    ("POST", "/v1/codes", 400, {"content": "{" + note("e"), "headers": JSON}),
    ("POST", "/v1/codes", 422, {"json": {"text": note("f"), "age": -1, WORD: NUMBER}}),
    ("POST", "/v1/codes", 422, {"json": {"text": "12", "id": f"{WORD}g {NUMBER}"}}),
    ("POST", "/v1/codes", 413, {"content": note("h") * 20_000, "headers": TEXT}),
    ("POST", "/v1/codes", 415, {"content": note("i"), "headers": {"content-type": f"application/{WORD}"}}),
    ("POST", "/v1/codes", 403, {"content": note("j"), "headers": TEXT, "key": False}),
    ("GET", "/v1/codes", 422, {"params": {"q": note("k") * 5, WORD: NUMBER}}),
    ("GET", f"/v1/codes/{WORD}l", 404, {}),
    ("POST", "/v1/batches", 422, {"json": {"files": [f"{WORD}m/{NUMBER}.exe"]}}),
    ("POST", "/v1/batches", 400, {"content": "[" + note("n"), "headers": JSON}),
    ("POST", "/v1/reviews", 422, {"json": {"note_id": "v1", "reviewer": "ann", "text": note("o")}}),
    ("POST", "/v1/reviews", 422, {"json": {**REVIEW, "decisions": [{"code": WORD, "action": "accept"}]}}),
    ("GET", "/v1/reviews", 422, {"params": {WORD: note("p")}}),
]
# Files that end in quarantine, and one that is a duplicate of the first.
DROPPED = {
    "good.txt": note("q").encode(),
    "same.txt": note("q").encode(),
    "lines.jsonl": "\n".join(
        [
            json.dumps({"id": f"{WORD} r", "text": note("r")}),
            json.dumps({"id": "s", "text": note("s"), "age": f"{WORD}s"}),
            json.dumps({"id": "t", "text": note("t") + "\ud83d"}),
            '{"text": "' + note("u"),
        ]
    ).encode(),
    "export.csv": f'id,text\n1,"{note("v")}'.encode(),
    "table.parquet": f"PAR1 {note('w')}".encode(),
    "letter.docx": note("x").encode(),
    "latin.txt": f"{note('y')} Sjögren".encode("latin-1"),
    "scan.txt": f"{note('z')}\x00\xff".encode("latin-1"),
}


@pytest.fixture(scope="module")
def tap(stack):
    return places.Tap(stack)


@pytest.fixture(scope="module")
def refusals(stack, send):
    """The answers to what cannot be answered."""
    answers = []
    for method, path, status, options in BAD:
        response = send(method, path, **options)
        assert response.status_code == status, (method, path, options, response.text)
        answers.append(f"{response.headers} {response.text}")
    client = stack.comprehend_medical
    for text in (note("A") * 3000, note("B") + "\x00"):
        with pytest.raises(client.exceptions.ClientError) as raised:
            client.infer_icd10_cm(Text=text)
        answers.append(f"{raised.value} {raised.value.response}")
    return answers


def wait(stack, batches, seconds=240):
    """Wait until each of `batches` has ended, and return their statuses."""
    deadline = time.monotonic() + seconds
    while True:
        found = {each.name: each.status for each in stack.executions() if each.name in batches}
        if len(found) == len(batches) and "RUNNING" not in found.values():
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


@contextlib.contextmanager
def parser_that_quotes(stack):
    """Give the Glue job a parser with a bug: its error holds the note."""
    place = {"Bucket": stack.results_bucket, "Key": "code/jobs.zip"}
    working = stack.s3.get_object(**place)["Body"].read()
    broken = io.BytesIO(working)
    with zipfile.ZipFile(broken) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["note_files.py"] += b"\n\ndef read(key, content):\n    raise ValueError(content.decode())\n"
    with zipfile.ZipFile(broken := io.BytesIO(), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stack.s3.put_object(**place, Body=broken.getvalue())
    try:
        yield
    finally:
        stack.s3.put_object(**place, Body=working)


@pytest.fixture(scope="module")
def walked(stack, send, tap, refusals, tmp_path_factory):
    """The batches of every way that a note can take through the stack, all of them taken."""
    for method, path, options in GOOD:
        assert send(method, path, **options).status_code == 200
    for review in ({**REVIEW, "text": note("C")}, REVIEW):
        assert send("POST", "/v1/reviews", json=review).status_code == 201
    assert send("POST", "/v1/reviews/exports").status_code == 201
    stack.comprehend_medical.infer_icd10_cm(Text=note("D"))
    stack.s3.put_object(Bucket=stack.notes_bucket, Key="jobs/canary/a.txt", Body=note("E").encode())
    job = stack.comprehend_medical.start_icd10_cm_inference_job(
        InputDataConfig={"S3Bucket": stack.notes_bucket, "S3Key": "jobs/canary/"},
        OutputDataConfig={"S3Bucket": stack.results_bucket, "S3Key": "jobs/canary-output/"},
        DataAccessRoleArn=ROLE,
        LanguageCode="en",
    )
    ordered = []
    for engine, way in (("lambda", "F"), ("glue", "G")):
        order = send("POST", "/v1/batches", json={"files": ["a.txt"], "engine": engine}).json()
        (link,) = order["uploads"]
        httpx.put(link["url"], content=note(way).encode(), timeout=30).raise_for_status()
        ordered.append(order["id"])
    folder = tmp_path_factory.mktemp("dropped")

    def drop(name, content):
        (folder / "file").write_bytes(content)
        return stack.drop(folder / "file", f"canary/{name}")

    (mixed,) = stack.follow({drop(name, content) for name, content in DROPPED.items()}, 240)
    assert set(wait(stack, ordered).values()) == {"SUCCEEDED"}
    with predict_that_fails(stack):
        (uncoded,) = stack.follow({drop("uncoded.txt", note("H").encode())}, 240)
    with parser_that_quotes(stack):
        (unread,) = stack.follow({drop("unread.txt", note("I").encode())}, 240)
    assert [mixed.status, uncoded.status, unread.status] == ["SUCCEEDED", "FAILED", "FAILED"]
    assert job["JobId"]
    for batch in ordered:
        for path in ("", "/results", "/quarantine"):
            assert not holds(send("GET", f"/v1/batches/{batch}{path}").text)
    return mixed, [*ordered, uncoded.name, unread.name]


@pytest.fixture(scope="module")
def kept(stack, walked):
    return list(places.objects(stack))


HOMES = """
incoming/canary/ incoming/batch- jobs/canary/ /prepared/shard- /quarantine/ /duplicates/ /results/shard-
/results/codes.csv /results/fhir/ reviews/ exports/
"""


@pytest.mark.parametrize("home", HOMES.split())
def test_the_canary_lives_at_home(stack, kept, home):
    found = [content for bucket, key, content in kept if home in key and places.is_home(stack, bucket, key)]
    assert any(map(holds, found))


def test_the_canary_is_in_no_other_object(stack, kept):
    others = {key: content for bucket, key, content in kept if not places.is_home(stack, bucket, key)}
    assert any(key.endswith("/manifest.json") for key in others)
    assert any(key.endswith("/summary.json") for key in others)
    assert [key for key, content in others.items() if holds(content)] == []
    assert not any(holds(key) for _, key, _ in kept)


def test_no_refusal_repeats_the_canary(refusals):
    assert "application/problem+json" in str(refusals)
    assert "InvalidRequestException" in str(refusals)
    assert [answer for answer in refusals if holds(answer)] == []


@pytest.mark.parametrize(
    ("place", "sign"),
    [
        (places.log_events, "Batch published"),
        (places.log_events, "JobError: ValueError at note_files.py"),
        (places.process_logs, "Step Functions execution started"),
        (places.metrics, "AWS/Lambda"),
        (places.tables, "StartBatch"),
        (places.executions, "prepared/shards.json"),
        (places.job_runs, "JobError"),
    ],
)
def test_the_canary_is_in_no_place_that_people_watch(stack, walked, place, sign):
    found = place(stack)
    assert sign in str(found)
    assert [part for part in found if holds(part)] == []


def test_the_canary_is_in_no_trace(daemon, walked):
    segments = daemon[1]
    assert any("lambda_handler" in segment for segment in segments)
    assert [segment for segment in segments if holds(segment)] == []


def test_the_canary_is_in_no_event_and_in_no_queue(stack, tap, walked):
    events = tap.events()
    assert "BatchCompleted" in str(events)
    assert "BatchFailed" in str(events)
    assert "canary/good.txt" in str(events)
    assert [event for event in events if holds(event)] == []
    assert not holds(places.queues(stack))


def test_a_canary_would_be_seen():
    for found in (note("a"), note("a").upper(), {"body": note("a")}, note("a").encode(), [[NUMBER]]):
        assert holds(found)
    for shift in range(3):
        assert holds(base64.b64encode(b"." * shift + note("a").encode()))
    assert not holds("Assessment: gout.")
