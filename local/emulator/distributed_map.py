"""Gap: MiniStack's distributed Map ignores ItemBatcher and ResultWriter, and starts every child at once."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

from ministack.services import s3, stepfunctions

State = dict[str, Any]
_run_map = stepfunctions._run_distributed_map
# What the state does with its result; with a ResultWriter it applies to what the writer returns.
_RESULT_FIELDS = ("ResultSelector", "ResultPath", "OutputPath")
# AWS has room for as many functions at a time as the template says; a laptop has not.
_MOST_CHILDREN = 2 * (os.cpu_count() or 1)


def batches(items: list[Any], batcher: State, batch_input: Any) -> list[State]:
    """Group `items` by the batcher's limits on number and bytes, as inputs of the child executions."""
    most = int(batcher.get("MaxItemsPerBatch") or len(items) or 1)
    limit = int(batcher.get("MaxInputBytesPerBatch") or 262_144)
    groups: list[list[Any]] = []
    size = 0
    for item in items:
        length = len(json.dumps(item))
        if not groups or len(groups[-1]) >= most or size + length > limit:
            groups.append([])
            size = 0
        groups[-1].append(item)
        size += length
    shared = {} if batch_input is None else {"BatchInput": batch_input}
    return [{**shared, "Items": group} for group in groups]


def _items(state: State, effective: Any, context: State) -> list[Any]:
    if state.get("ItemReader"):
        found = stepfunctions._read_map_items(state["ItemReader"], effective, context)
    else:
        found = stepfunctions._resolve_path_or_ctx(state.get("ItemsPath", "$"), effective, context)
    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return list(found)
    selected = []
    for index, item in enumerate(found):
        own = copy.deepcopy(context)
        own["Map"] = {"Item": {"Index": index, "Value": item}}
        selected.append(stepfunctions._resolve_params_obj(selector, effective, own))
    return selected


def _write(writer: State, map_run: str) -> State:
    """Write the outcomes of the children of `map_run` and a manifest, and return what the state then holds."""
    name = map_run.rsplit(":", 1)[-1]
    folder = f"{str(writer.get('Prefix', '')).rstrip('/')}/{name}".lstrip("/")
    children = [each for each in stepfunctions._executions.values() if each.get("mapRunArn") == map_run]
    files: dict[str, list[State]] = {"PENDING": []}
    for status in ("SUCCEEDED", "FAILED"):
        rows = [
            {
                "ExecutionArn": child["executionArn"],
                "Input": child["input"],
                "Output": child.get("output"),
                "Name": child["name"],
                "Status": status,
                "StartDate": child["startDate"],
                "StopDate": child["stopDate"],
            }
            for child in children
            if child["status"] == status
        ]
        key, body = f"{folder}/{status}_0.json", json.dumps(rows, default=str).encode()
        files[status] = [{"Key": key, "Size": len(body)}] if rows else []
        if rows:
            s3._put_object(writer["Bucket"], key, body, {})
    manifest = {"DestinationBucket": writer["Bucket"], "MapRunArn": map_run, "ResultFiles": files}
    s3._put_object(writer["Bucket"], f"{folder}/manifest.json", json.dumps(manifest).encode(), {})
    details = {"Bucket": writer["Bucket"], "Key": f"{folder}/manifest.json"}
    return {"MapRunArn": map_run, "ResultWriterDetails": details}


def run_map(state: State, raw: Any, effective: Any, iterator: State, execution: State, context: State) -> Any:
    """Run a distributed Map with its batcher and its writer."""
    plain = {key: value for key, value in state.items() if key not in ("ItemBatcher", "ResultWriter")}
    if batcher := state.get("ItemBatcher"):
        shared = batcher.get("BatchInput")
        batch_input = None if shared is None else stepfunctions._resolve_params_obj(shared, effective, context)
        inputs = batches(_items(state, effective, context), batcher, batch_input)
        plain = {k: v for k, v in plain.items() if k not in ("ItemReader", "ItemSelector", "Parameters")}
        plain["ItemsPath"], effective = "$", inputs
    plain["MaxConcurrency"] = min(int(plain.get("MaxConcurrency") or _MOST_CHILDREN), _MOST_CHILDREN)
    writer = state.get("ResultWriter")
    if not writer:
        return _run_map(plain, raw, effective, iterator, execution, context)
    place = stepfunctions._resolve_params_obj(writer.get("Parameters") or {}, raw, context)
    known = set(stepfunctions._map_runs)
    without_result = {k: v for k, v in plain.items() if k not in _RESULT_FIELDS}
    _, next_state = _run_map(without_result, raw, effective, iterator, execution, context)
    mine = execution["executionArn"]
    (map_run,) = [a for a, r in stepfunctions._map_runs.items() if a not in known and r["executionArn"] == mine]
    result = stepfunctions._apply_result_selector(state, _write(place, map_run))
    output = stepfunctions._apply_result_path(state, raw, result)
    return stepfunctions._apply_output_path(state, output, context), next_state


def apply() -> None:
    """Install the bridge."""
    stepfunctions._run_distributed_map = run_map
