"""How every ONNX model of the artefact is opened."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from chartcode.errors import ArtefactError


def open_session(path: Path, threads: int) -> ort.InferenceSession:
    """Return an onnxruntime session on the CPU.

    Parameters
    ----------
    threads
        Threads of one operator; 0 leaves the number to onnxruntime. Idle threads sleep: a Lambda pays
        for the time that they would spin.

    Raises
    ------
    ArtefactError
        If there is no such file.
    """
    if not path.is_file():
        raise ArtefactError(f"{path} is missing. Run `git checkout -- layers/model/artefact`, or `make train`.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
