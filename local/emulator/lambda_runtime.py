"""Gap: MiniStack runs Python functions in a worker of its own, which loses error types and unpacks layers anew.

Bridge: Python functions take MiniStack's path for custom runtimes, with AWS's own runtime interface client
(``awslambdaric``) as the bootstrap: true error types, frozen environments, layers unpacked once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_BOOTSTRAP = '#!/bin/sh\nexec "$CHARTCODE_LAMBDA_PYTHON" -m awslambdaric "$_HANDLER"\n'
# Settings of the emulator that a function must not see.
_HIDDEN = ("GLUE_", "PIP_", "SPARK_", "PYTHON")

_code_dir = lambda_svc._provided_runtime_code_dir
_worker_env = lambda_svc._provided_worker_env
_worker_class = lambda_runtime._worker_class_for
_execute_warm = lambda_svc._execute_function_warm
_handler_class = lambda_runtime.ProvidedWorker._build_handler_class
_drain = lambda_runtime.Worker._drain_stderr_bounded


def is_python(config: dict[str, Any]) -> bool:
    """Return whether a function's runtime is Python."""
    return str(config.get("Runtime", "")).startswith("python")


def code_dir(code_zip: bytes) -> str:
    """Unpack the code once, and add a bootstrap that starts the runtime interface client."""
    folder = Path(_code_dir(code_zip))
    bootstrap = folder / "bootstrap"
    if not bootstrap.exists():
        bootstrap.write_text(_BOOTSTRAP)
        bootstrap.chmod(0o755)
    return str(folder)


def worker_env(config: dict[str, Any], code: str, port: int) -> dict[str, str]:
    """Return the environment of a function: its layers on the path, and Lambda's own variables."""
    own = (config.get("Environment") or {}).get("Variables") or {}
    everything: dict[str, str] = _worker_env(config, code, port)
    env = {k: v for k, v in everything.items() if k in own or not k.startswith(_HIDDEN)}
    if not is_python(config):
        return env
    zips = [found for layer in config.get("Layers") or [] if (found := lambda_svc._resolve_layer_zip(layer))]
    roots = [Path(lambda_svc._docker_extracted_dir(found, "layer")) for found in zips]
    env["PYTHONPATH"] = os.pathsep.join([code, *(str(root / "python") for root in roots)])
    env["CHARTCODE_LAMBDA_PYTHON"] = os.environ["LAMBDA_PYTHON"]
    env["AWS_LAMBDA_LOG_GROUP_NAME"] = f"/aws/lambda/{config.get('FunctionName', '')}"
    env["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
    env["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{config['Runtime']}"
    env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    env["PYTHONUNBUFFERED"] = "1"
    env["TZ"] = ":UTC"
    return env


def execute_warm(function: dict[str, Any], event: Any, request_id: str) -> Any:
    """Send Python functions down the path of custom runtimes."""
    python = is_python(function.get("config") or function)
    run = lambda_svc._execute_function_provided_warm if python else _execute_warm
    return run(function, event, request_id)


def handler_class(self: Any, generation: Any, pending: Any) -> Any:
    """Answer the runtime client at once: no Nagle delay, one write a response."""
    built = _handler_class(self, generation, pending)
    built.disable_nagle_algorithm = True
    built.wbufsize = -1
    return built


def drain(self: Any, first_line_wait: float = 0.003, idle_confirm: float = 0.002, hard_cap: float = 0.25) -> Any:
    """Wait for the first log line 3 ms, not 50 ms: that wait is part of every call."""
    return _drain(self, first_line_wait, idle_confirm, hard_cap)


def apply() -> None:
    """Install the bridge."""
    lambda_svc._provided_runtime_code_dir = code_dir
    lambda_svc._provided_worker_env = worker_env
    lambda_svc._execute_function_warm = execute_warm
    lambda_runtime._worker_class_for = lambda config: (
        lambda_runtime.ProvidedWorker if is_python(config) else _worker_class(config)
    )
    lambda_runtime.ProvidedWorker._build_handler_class = handler_class
    lambda_runtime.Worker._drain_stderr_bounded = drain
