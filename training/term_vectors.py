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
# Components beyond this share are clipped, so that the others get finer steps.
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


def projection(vectors: NDArray[np.float32], components: int, seed: int = 0) -> NDArray[np.float32]:
    """Return float32 [width, components]: the principal directions of `vectors`, rotated at random.

    The rotation, which changes no product, spreads the variance evenly, as int8 numbers of one scale need it.
    """
    random = np.random.default_rng(seed)
    sample = vectors[random.permutation(len(vectors))[:FITTED]]
    # Not centred: products with the whole vectors are what the projection has to keep.
    _, _, directions = np.linalg.svd(sample, full_matrices=False)
    kept = directions[:components].T
    rotation, _ = np.linalg.qr(random.normal(size=(kept.shape[1], kept.shape[1])))
    return np.asarray(kept @ rotation, dtype=np.float32)


def save(vectors: NDArray[np.float32], folder: Path) -> None:
    """Write the unit vectors of the terms, float32 [terms, width], and the graph that draws shortlists from them."""
    (folder / dense.VECTORS_FILE).write_bytes(dense.quantise_terms(vectors).tobytes())
    directions = projection(vectors, min(dense.COMPONENTS, vectors.shape[1]))
    projected = vectors @ directions
    limit = np.float32(np.quantile(np.abs(projected), KEPT_SHARE))
    terms = np.asarray(np.clip(np.rint(projected.T * (127 / limit)), -127, 127), dtype=np.int8)
    (folder / dense.COMPONENTS_FILE).write_bytes(terms.tobytes())
    weight = TensorProto(name="terms", data_type=TensorProto.INT8, dims=terms.shape)
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=dense.COMPONENTS_FILE)
    weight.external_data.add(key="length", value=str(terms.size))
    scale = np.array(limit / (ZERO_POINT - 1), dtype=np.float32)
    onnx.save(_graph(directions, scale, weight), folder / dense.SEARCH_FILE)


def _graph(directions: NDArray[np.float32], scale: NDArray[np.float32], terms: TensorProto) -> onnx.ModelProto:
    """Return spans → projection → 7-bit numbers → product with every term."""
    width, count = directions.shape[0], terms.dims[1]
    zero = np.array(ZERO_POINT, dtype=np.uint8)
    constants = {"directions": directions, "scale": scale, "zero": zero, "least": np.uint8(0), "most": np.uint8(127)}
    nodes = [
        helper.make_node("MatMul", ["spans", "directions"], ["projected"]),
        helper.make_node("QuantizeLinear", ["projected", "scale", "zero"], ["numbers"]),
        helper.make_node("Clip", ["numbers", "least", "most"], ["queries"]),
        helper.make_node("MatMulInteger", ["queries", "terms", "zero"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "term_search",
        [helper.make_tensor_value_info("spans", TensorProto.FLOAT, ["count", width])],
        [helper.make_tensor_value_info("scores", TensorProto.INT32, ["count", count])],
        [terms, *(numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items())],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
