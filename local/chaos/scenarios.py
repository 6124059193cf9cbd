"""What goes wrong, and what must come of it: a function a scenario."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx

from local.chaos.lab import Lab
from local.chaos.scenario import PATIENCE, Outcome, Scenario

# Of one request to SQS.
MESSAGES_AT_ONCE = 10
MOST_IN_A_REQUEST = 100


def burst(lab: Lab, files: int) -> Outcome:
    """Drop many files at once."""
    run = Scenario(lab, "burst", files)
    began = time.monotonic()
    run.drop.upload(lab)
    run.details["upload_seconds"] = round(time.monotonic() - began, 1)
    return run.end()


def events(lab: Lab, files: int) -> Outcome:
    """Send every event three times, in any order, up to 15 seconds late."""
    run = Scenario(lab, "events", files)
    lab.intake(Enabled=False)
    run.drop.upload(lab)
    run.until("all events are in the queue", lambda: lab.waiting("UploadQueue") == files)
    copies = lab.messages("UploadQueue") * 2
    shuffled = random.Random(7).sample(copies, len(copies))  # noqa: S311
    for number in range(0, len(shuffled), MESSAGES_AT_ONCE):
        entries = [
            {"Id": str(place), "MessageBody": body, "DelaySeconds": (number + place) % 16}
            for place, body in enumerate(shuffled[number : number + MESSAGES_AT_ONCE])
        ]
        lab.sqs.send_message_batch(QueueUrl=lab.queue("UploadQueue"), Entries=entries)
    run.details["copies"] = len(copies)
    lab.intake(Enabled=True)
    run.healed()
    return run.end()


def starter_killed(lab: Lab, files: int) -> Outcome:
    """Kill the starter while it claims uploads; SQS delivers them again, in other groups."""
    run = Scenario(lab, "starter killed", files)
    lab.intake(Enabled=False)
    run.drop.upload(lab)
    before = lab.claims()
    lab.intake(Enabled=True)
    run.until("a quarter is claimed", lambda: lab.claims() >= before + files // 4)
    run.details["processes"] = lab.kill("start_batch")
    run.details["claimed"] = lab.claims() - before
    lab.intake(BatchSize=files // 3)
    run.healed()
    outcome = run.end()
    lab.intake(BatchSize=1000)
    return outcome


def predict_killed(lab: Lab, files: int) -> Outcome:
    """Kill every process that codes notes in the middle of the batch, twice."""
    run = Scenario(lab, "predict killed", files)
    run.drop.upload(lab)
    run.details["processes"] = 0
    for shards in (1, 2):
        run.until("shards are coded", lambda shards=shards: run.ledger.objects("results/") >= shards)
        run.details["processes"] += lab.kill("predict")
    run.healed()
    run.recover()
    return run.end()


def publisher_killed(lab: Lab, files: int) -> Outcome:
    """Kill the publisher when it starts, and again when it writes."""
    run = Scenario(lab, "publisher killed", files)
    lab.kill("publish_results")  # the one that waits for work
    run.drop.upload(lab)
    run.until("the publisher starts", lambda: lab.kill("publish_results") > 0)
    run.until("outputs are written", lambda: run.ledger.objects("results/codes.csv") > 0)
    run.details["processes"] = 1 + lab.kill("publish_results")
    run.healed()
    run.recover()
    return run.end()


def glue_killed(lab: Lab, files: int) -> Outcome:
    """Kill Spark while it prepares the notes; the workflow starts it again."""
    run = Scenario(lab, "glue killed", files)
    return _one_run_fails(run, {"job": "prepare-notes", "end": "kill", "after": 8})


def coding_job_killed(lab: Lab, files: int) -> Outcome:
    """Kill Spark while it codes the notes of a batch that was ordered with that engine."""
    files = min(files, MOST_IN_A_REQUEST)
    names = [f"{number:05d}.txt" for number in range(files)]
    url, key = f"{lab.stack.api_url}/v1/batches", lab.stack.api_key
    order = httpx.post(url, json={"files": names, "engine": "glue"}, headers={"x-api-key": key}, timeout=60).json()
    run = Scenario(lab, "coding job killed", files, order["id"])
    return _one_run_fails(run, {"job": "code-notes", "end": "kill", "after": 12})


def _one_run_fails(run: Scenario, fault: dict[str, Any]) -> Outcome:
    before = run.lab.injected()
    with run.lab.faults(PATIENCE, glue=fault):
        run.drop.upload(run.lab)
        run.until("a job run has failed", lambda: run.lab.injected() > before)
    time.sleep(fault["after"])
    run.healed()
    run.recover()
    return run.end()


def glue_timeout(lab: Lab, files: int) -> Outcome:
    """Let the preparation take longer than its job may, again and again: the batch fails, and is run again by hand."""
    run = Scenario(lab, "glue timeout", files)
    before = lab.injected()
    with lab.faults(PATIENCE, glue={"job": "prepare-notes", "end": "timeout", "after": 4}):
        run.drop.upload(lab)
        run.until("the batch has failed", lambda: any(e.status == "FAILED" for e in run.ledger.batches().values()))
    run.details["runs"] = lab.injected() - before
    run.healed()
    run.recover()
    return run.end()


def s3_slow_down(lab: Lab, files: int, seconds: int) -> Outcome:
    """Let S3 turn away a third of the requests."""
    run = Scenario(lab, "S3 SlowDown", files)
    before = lab.injected()
    with lab.faults(seconds, s3={"share": 0.33}):
        run.drop.upload(lab)
        time.sleep(max(0.0, seconds - run.age))
    run.details["turned_away"] = lab.injected() - before
    run.healed()
    run.recover()
    return run.end()


def dead_letters(lab: Lab, files: int) -> Outcome:
    """Break the starter until every upload is a dead letter; then repair it, and redrive the queue."""
    run = Scenario(lab, "dead letters", files)
    with lab.broken_starter():
        run.drop.upload(lab)
        run.until("all are dead letters", lambda: lab.waiting("UploadDeadLetterQueue") >= files)
    run.healed()
    run.by_hand(f"{lab.redrive()} redriven")
    return run.end()


def restart(lab: Lab, files: int) -> Outcome:
    """Stop the emulator, and all it runs, in the middle of a batch and of the uploads of another; start it again."""
    run = Scenario(lab, "emulator restarted", files)
    run.drop.upload(lab, range(files // 2))
    run.until("shards are coded", lambda: run.ledger.objects("results/") > 0)
    later = threading.Thread(target=run.drop.upload, args=(lab, range(files // 2, files)))
    later.start()
    time.sleep(0.5)
    run.details["seconds_down"] = round(lab.restart(), 1)
    run.healed()
    later.join()
    run.recover()
    return run.end()
