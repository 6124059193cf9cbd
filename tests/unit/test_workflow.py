"""The state machine as data: every state is reachable, every task is bounded and has somewhere to fail to."""

import json
from pathlib import Path

import pytest

DEFINITION = json.loads((Path(__file__).parents[2] / "statemachine" / "code_notes.asl.json").read_text())
STATES = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] in ("Task", "Map")}


def nexts(state):
    found = [state.get("Next"), state.get("Default")]
    found += [each["Next"] for each in (*state.get("Choices", ()), *state.get("Catch", ()))]
    return {name for name in found if name}


def test_every_state_is_reachable_and_every_target_exists():
    seen, todo = set(), {DEFINITION["StartAt"]}
    while todo:
        name = todo.pop()
        seen.add(name)
        todo |= nexts(STATES[name]) - seen
    assert seen == set(STATES)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_is_bounded(name):
    assert TASKS[name]["TimeoutSeconds"] > 0


@pytest.mark.parametrize(
    "name", [n for n in TASKS if n not in ("Announce batch", "Record failure", "Announce failure")]
)
def test_every_task_before_the_end_fails_to_the_one_failure_path(name):
    (catch,) = TASKS[name]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Record failure")


def test_only_transient_errors_are_retried_by_name_before_the_failure_path():
    for name in ("Prepare notes", "Plan batch", "Publish results", "Code notes in Spark"):
        retried = {error for rule in TASKS[name]["Retry"] for error in rule["ErrorEquals"]}
        assert "States.ALL" not in retried, name


def test_a_batch_that_is_too_large_is_not_planned_again():
    first = TASKS["Plan batch"]["Retry"][0]
    assert (first["ErrorEquals"], first["MaxAttempts"]) == (["BatchTooLarge"], 0)


@pytest.mark.parametrize("name", ["Prepare notes", "Plan batch", "Publish results", "Code notes in Spark"])
def test_a_process_that_dies_is_started_again(name):
    assert any("States.TaskFailed" in rule["ErrorEquals"] for rule in TASKS[name]["Retry"])


def test_the_failure_path_ends_in_a_failed_execution():
    assert STATES["Record failure"]["Next"] == "Announce failure"
    assert STATES["Announce failure"]["Next"] == "Batch failed"
    assert STATES["Batch failed"]["Type"] == "Fail"
