import json

import pytest
from chartcode_aws.batch_store import BatchStore
from comprehend_medical import output

JOB = {
    "JobId": "0123456789abcdef0123456789abcdef",
    "AccountId": "123456789012",
    "InputDataConfig": {"S3Bucket": "notes", "S3Key": "jobs/in"},
    "OutputDataConfig": {"S3Bucket": "results", "S3Key": "jobs/out/"},
    "DataAccessRoleArn": "arn:aws:iam::123456789012:role/Comprehend",
    "LanguageCode": "en",
}
NAME = "123456789012-ICD10CM-0123456789abcdef0123456789abcdef"
FOLDER = f"jobs/out/{NAME}/"
SUMMARY = {
    "status": "PARTIAL_SUCCESS",
    "error": None,
    "started": "2026-04-01T10:00:00.500Z",
    "finished": "2026-04-01T10:00:09+00:00",
}


def note(source, line, text, identifier):
    return {"id": identifier, "source": source, "line": line, "text": text, "age": None, "sex": None}


def result(identifier, code):
    mention = {"begin": 0, "end": 4, "text": "Gout", "section": "other"}
    entity = {**mention, "codes": [{"code": code, "description": "words", "probability": 0.9}]}
    model = {"version": "2026.4.1", "code_set": "ICD-10-CM", "code_set_release": "2026-04-01"}
    return {"id": identifier, "codes": [], "entities": [entity], "model": model}


@pytest.fixture
def written(cloud):
    """The objects that a job of four files leaves, by their name in its folder; one shard of it failed whole."""
    store = BatchStore("batch-1")
    sizes = {"a.txt": 5, "b.csv": 50, "copy.txt": 5, "empty.txt": 0, "sub/lost.txt": 7}
    store.write_json("manifest.json", {"files": [{"key": f"jobs/in/{k}", "size": v} for k, v in sizes.items()]})
    lines = {
        "prepared/shard-00000.jsonl": [
            note("jobs/in/a.txt", 1, "Gout.", "jobs/in/a"),
            note("jobs/in/b.csv", 2, "Old gout.", "p:2"),
            note("jobs/in/b.csv", 3, "12", "p:3"),
        ],
        "prepared/shard-00001.jsonl": [note("jobs/in/sub/lost.txt", 1, "Asthma.", "jobs/in/sub/lost")],
        "results/shard-00000.jsonl": [result("p:2", "M10.8"), result("jobs/in/a", "M10.9")],
        "failed/shard-00000.jsonl": [{"id": "p:3", "reason": "empty"}],
        "duplicates/part-00001.jsonl": [note("jobs/in/copy.txt", 1, "Gout.", "jobs/in/copy")],
        "duplicates/part-00000.jsonl": [note("jobs/in/b.csv", 5, "Gout.", "p:5")],
        "quarantine/part-00000.jsonl": [
            {"source": "jobs/in/empty.txt", "line": 0, "reason": "empty"},
            {"source": "jobs/in/b.csv", "line": 4, "reason": "bad_age"},
        ],
    }
    for name, records in lines.items():
        store.write_lines(name, [json.dumps(record) for record in records])
    store.write_json("summary.json", SUMMARY)
    output.write(store, JOB)
    found = cloud.s3.list_objects_v2(Bucket="results", Prefix="jobs/")["Contents"]
    read = lambda key: cloud.s3.get_object(Bucket="results", Key=key)["Body"].read().decode()  # noqa: E731
    return {each["Key"].removeprefix(FOLDER): read(each["Key"]) for each in found}


def code(answer):
    return answer["Entities"][0]["ICD10CMConcepts"][0]["Code"]


def test_a_text_file_has_the_answer_of_its_note(written):
    answer = json.loads(written["a.txt.out"])
    assert (code(answer), answer["ModelVersion"]) == ("M10.9", "2026.4.1")


def test_a_copy_has_the_answer_of_its_original(written):
    assert written["copy.txt.out"] == written["a.txt.out"]


def test_a_file_of_notes_has_a_line_for_each(written):
    lines = [json.loads(line) for line in written["b.csv.out"].splitlines()]
    assert [(line["File"], line["Line"]) for line in lines] == [("b.csv", number) for number in (2, 3, 4, 5)]
    assert [code(lines[0]), lines[1]["ErrorCode"], lines[2]["ErrorCode"], code(lines[3])] == [
        "M10.8",
        "EMPTY",
        "BAD_AGE",
        "M10.9",
    ]


def test_manifests_account_for_every_file(written):
    assert set(written) == {
        "a.txt.out",
        "b.csv.out",
        "copy.txt.out",
        "Manifest",
        f"Manifest_{NAME}/success/Success",
        f"Manifest_{NAME}/failed/Unprocessed",
    }
    summary = json.loads(written["Manifest"])["Summary"]
    expected = {
        "Status": "PARTIAL_SUCCESS",
        "JobType": "ICD10CMInference",
        "InputFileCount": 5,
        "SuccessFilesCount": 3,
        "UnprocessedFilesCount": 2,
        "TotalMeteredCharacters": 5 + 9 + 5 + 5,
        "TotalDurationSeconds": 8,
        "OutputDataConfiguration": {"Bucket": "results", "Path": "jobs/out/"},
    }
    assert {name: summary[name] for name in expected} == expected
    successes = json.loads(written[summary["SuccessfulFilesListLocation"].removeprefix(FOLDER)])["Files"]
    assert {"Input": "jobs/in/b.csv", "Output": f"{FOLDER}b.csv.out", "InputSize": 50} in successes
    failures = json.loads(written[summary["UnprocessedFilesListLocation"].removeprefix(FOLDER)])["Files"]
    assert {file["Input"]: file["ErrorCode"] for file in failures} == {
        "jobs/in/empty.txt": "EMPTY",
        "jobs/in/sub/lost.txt": "NOT_CODED",
    }
