"""The deployed job that prepares notes, asked to de-identify them."""

import json
import time

NOTE = "Patient: Kathryn Delacroix\nMrs. Delacroix was seen on 3/14/2024. Assessment: Parkinson disease, A1c 7.9.\n"
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")


def run_job(stack, **arguments):
    glue = stack.client("glue")
    (job,) = [each["Name"] for each in glue.get_jobs()["Jobs"] if each["Name"].endswith("-prepare-notes")]
    given = {f"--{name}": value for name, value in arguments.items()}
    run_id = glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
    deadline = time.monotonic() + 180
    while (run := glue.get_job_run(JobName=job, RunId=run_id)["JobRun"])["JobRunState"] not in ENDED:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")


def test_identifiers_give_way_to_surrogates(stack):
    key, prefix = "jobs/deidentified/visit.txt", "batches/batch-deidentified/"
    stack.s3.put_object(Bucket=stack.notes_bucket, Key=key, Body=NOTE.encode())
    manifest = {"files": [{"bucket": stack.notes_bucket, "key": key}]}
    stack.s3.put_object(Bucket=stack.results_bucket, Key=f"{prefix}manifest.json", Body=json.dumps(manifest).encode())
    place = f"s3://{stack.results_bucket}/{prefix}"
    run_job(stack, manifest=f"{place}manifest.json", output=place, deidentify="true")
    shard, counts = (
        json.loads(stack.s3.get_object(Bucket=stack.results_bucket, Key=prefix + name)["Body"].read())
        for name in ("prepared/shard-00000.jsonl", "prepared/counts.json")
    )
    assert counts["deidentified"] == {"DATE": 1, "NAME": 2}
    assert len(shard["text"]) == len(NOTE)
    assert "Parkinson disease, A1c 7.9" in shard["text"]
    assert not any(each in shard["text"] for each in ("Kathryn", "Delacroix", "3/14/2024"))
