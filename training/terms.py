"""Build the term index and the term vectors of the artefact from the code set and the lay terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import simple_icd_10_cm as icd
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from rich.progress import track

from chartcode import dense, rules
from chartcode.encoder import Encoder
from chartcode.terms import FILE, TermIndex
from chartcode.text import is_content, words
from training.codeset import billable_code, is_coded

DESCRIPTION, INCLUSION, INCLUDES, LAY = range(4)
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Term:
    """A phrase that stands for a billable code, `depth` levels below the phrase's own code."""

    text: str
    code: str
    kind: int
    depth: int


def phrasings(text: str) -> Iterator[str]:
    """Yield `text` without nonessential modifiers, and what stands in brackets as a phrase of its own.

    ``Human immunodeficiency virus [HIV] disease`` → ``Human immunodeficiency virus disease``, ``HIV``
    (parentheses hold nonessential modifiers, brackets hold synonyms: Official Guidelines I.A.7).
    """
    yield _BRACKETS.sub("", _PARENTHESES.sub("", text)).strip()
    for synonym in _BRACKETS.findall(text):
        if len(synonym) > 1:
            yield synonym.strip()


def terms() -> list[Term]:
    """Return every term, descriptions first, without the 7th-character extensions."""
    found: dict[tuple[str, str], Term] = {}

    def add(text: str, code: str, kind: int) -> None:
        target = billable_code(code)
        if target and any(is_content(word) for word in words(text)):
            depth = len(target) - len(code)
            found.setdefault((text.lower(), target), Term(text, target, kind, max(depth, 0)))

    for code in dict.fromkeys(icd.get_all_codes(with_dots=True)):
        if not is_coded(code) or icd.is_extended_subcategory(code):
            continue
        for kind, texts in (
            (DESCRIPTION, [icd.get_description(code)]),
            (INCLUSION, icd.get_inclusion_term(code)),
            (INCLUDES, icd.get_includes(code)),
        ):
            for text in texts:
                for phrase in phrasings(text):
                    add(phrase, code, kind)
    for lay in rules.load(rules.LayTerms).terms:
        add(lay.term, lay.code, LAY)
    return list(found.values())


def build_index(all_terms: list[Term]) -> TermIndex:
    """Return the inverted index over `all_terms` (inverse document frequency, cosine norms)."""
    codes = sorted({term.code for term in all_terms})
    number = {code: i for i, code in enumerate(codes)}
    stems = [sorted({word.stem for word in words(term.text) if is_content(word)}) for term in all_terms]
    vocabulary = {stem: i for i, stem in enumerate(sorted({stem for row in stems for stem in row}))}
    rows = [[vocabulary[stem] for stem in row] for row in stems]
    frequency = np.bincount(np.concatenate([np.array(row) for row in rows]), minlength=len(vocabulary))
    idf = np.log1p(len(all_terms) / frequency).astype(np.float32)
    word_of = np.concatenate([np.array(row) for row in rows])
    term_of = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    order = np.lexsort((term_of, word_of))
    return TermIndex(
        codes=tuple(codes),
        term_code=np.array([number[term.code] for term in all_terms], dtype=np.int32),
        kind=np.array([term.kind for term in all_terms], dtype=np.uint8),
        depth=np.array([term.depth for term in all_terms], dtype=np.uint8),
        norm=np.sqrt(np.array([(idf[row] ** 2).sum() for row in rows])).astype(np.float32),
        vocabulary=vocabulary,
        idf=idf,
        indptr=np.concatenate([[0], np.cumsum(frequency)]).astype(np.int32),
        postings=term_of[order].astype(np.int32),
    )


def save_index(index: TermIndex, folder: Path) -> None:
    """Write `index` where `TermIndex.load` finds it."""
    np.savez_compressed(
        folder / FILE,
        codes=np.frombuffer("\n".join(index.codes).encode("ascii"), dtype=np.uint8),
        vocabulary=np.frombuffer("\n".join(index.vocabulary).encode("utf-8"), dtype=np.uint8),
        term_code=index.term_code,
        kind=index.kind,
        depth=index.depth,
        norm=index.norm,
        idf=index.idf,
        indptr=index.indptr,
        postings=index.postings,
    )


def encode_terms(all_terms: list[Term], encoder: Encoder) -> NDArray[np.int8]:
    """Return unit vectors of the terms as int8 [width, terms], scaled by `dense.TERM_SCALE`."""
    texts = [term.text for term in all_terms]
    chunks = [
        encoder.encode_whole(texts[start : start + 512])
        for start in track(range(0, len(texts), 512), description="Encoding terms", transient=True)
    ]
    vectors = np.concatenate(chunks)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return dense.quantise_terms(vectors).T.copy()


def save_vectors(vectors: NDArray[np.int8], folder: Path) -> None:
    """Write the term vectors and the ONNX graph that multiplies queries with them.

    The product of int8 matrices is one `MatMulInteger`, which onnxruntime runs with the processor's
    int8 instructions; the vectors lie in a file of their own, mapped into memory.
    """
    (folder / dense.VECTORS_FILE).write_bytes(vectors.tobytes())
    weight = TensorProto(name="terms", data_type=TensorProto.INT8, dims=vectors.shape)
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value=dense.VECTORS_FILE)
    weight.external_data.add(key="length", value=str(vectors.size))
    width, count = vectors.shape
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["queries", "terms", "zero_point"], ["scores"])],
        "term_search",
        [helper.make_tensor_value_info("queries", TensorProto.UINT8, ["spans", width])],
        [helper.make_tensor_value_info("scores", TensorProto.INT32, ["spans", count])],
        [weight, numpy_helper.from_array(np.array(dense.ZERO_POINT, dtype=np.uint8), "zero_point")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / dense.SEARCH_FILE)
