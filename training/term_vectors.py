"""Encode the terms of the index, and write the files that `chartcode.dense` searches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from rich.progress import track

from chartcode import dense
from chartcode.encoder import Encoder
from training.terms import Term

# The projection is fitted on this many terms.
FITTED = 20_000
# Components of spans beyond this share are clipped, so that the others get finer steps.
KEPT_SHARE = 0.9999
# Projected spans are unsigned 7-bit numbers around the zero point: onnxruntime multiplies uint8 by int8 far faster
# than int8 by int8, and with 7 bits the product cannot saturate on processors with AVX2 but without VNNI.
ZERO_POINT = 64
OPSET = 17


def encode_terms(terms: Sequence[Term], encoder: Encoder) -> NDArray[np.float32]:
    """Return unit vectors of the terms, float32 [terms, width]."""
    texts = [term.text for term in terms]
    chunks = [
        encoder.encode_whole(texts[start : start + 512])
        for start in track(range(0, len(texts), 512), description="Encoding terms", transient=True)
    ]
    vectors = np.concatenate(chunks)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def projection(vectors: NDArray[np.float32], directions: int, components: int, seed: int = 0) -> NDArray[np.float32]:
    """Return float32 [width, directions]: the principal directions of `vectors`, the first `components` rotated.

    The rotation, at random, changes no product of all components; it spreads the variance evenly over them, as int8
    numbers of one scale need it.
    """
    random = np.random.default_rng(seed)
    sample = vectors[random.permutation(len(vectors))[:FITTED]]
    # Not centred: products with the whole vectors are what the projection has to keep.
    _, _, found = np.linalg.svd(sample, full_matrices=False)
    kept = found[:directions].T
    rotation, _ = np.linalg.qr(random.normal(size=(components, components)))
    return np.asarray(np.hstack([kept[:, :components] @ rotation, kept[:, components:]]), dtype=np.float32)


def save(vectors: NDArray[np.float32], folder: Path) -> None:
    """Write the projection, the projected terms, and the graph that draws the shortlists of projected spans.

    Parameters
    ----------
    vectors
        Unit vectors of the terms, float32 [terms, width].
    """
    components = min(dense.COMPONENTS, vectors.shape[1])
    directions = projection(vectors, min(dense.DIRECTIONS, vectors.shape[1]), components)
    projected = vectors @ directions
    step = np.float32(np.abs(projected).max() / 127)
    terms = np.asarray(np.rint(projected / step), dtype=np.int8)
    np.save(folder / dense.DIRECTIONS_FILE, directions)
    (folder / dense.VECTORS_FILE).write_bytes(terms.tobytes())
    columns = np.ascontiguousarray(terms[:, :components].T)
    (folder / dense.COMPONENTS_FILE).write_bytes(columns.tobytes())
    weight = TensorProto(name="terms", data_type=TensorProto.INT8, dims=columns.shape)
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=dense.COMPONENTS_FILE)
    weight.external_data.add(key="length", value=str(columns.size))
    limit = np.quantile(np.abs(projected[:, :components]), KEPT_SHARE)
    model = _graph(directions.shape[1], np.array(limit / (ZERO_POINT - 1), dtype=np.float32), weight)
    model.metadata_props.add(key="scale", value=repr(float(step)))
    onnx.save(model, folder / dense.SEARCH_FILE)


def _graph(directions: int, scale: NDArray[np.float32], terms: TensorProto) -> onnx.ModelProto:
    """Return projected spans → 7-bit numbers of their first components → product with every term."""
    components, count = terms.dims
    zero = np.array(ZERO_POINT, dtype=np.uint8)
    constants = {
        "from": np.array([0], dtype=np.int64),
        "to": np.array([components], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
        "scale": scale,
        "zero": zero,
        "least": np.uint8(0),
        "most": np.uint8(127),
    }
    nodes = [
        helper.make_node("Slice", ["projected", "from", "to", "axis"], ["first"]),
        helper.make_node("QuantizeLinear", ["first", "scale", "zero"], ["numbers"]),
        helper.make_node("Clip", ["numbers", "least", "most"], ["queries"]),
        helper.make_node("MatMulInteger", ["queries", "terms", "zero"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "term_search",
        [helper.make_tensor_value_info("projected", TensorProto.FLOAT, ["count", directions])],
        [helper.make_tensor_value_info("scores", TensorProto.INT32, ["count", count])],
        [terms, *(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
