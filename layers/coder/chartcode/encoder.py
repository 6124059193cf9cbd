"""The BERT encoder, run by onnxruntime: every sentence is encoded once, spans are pooled from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chartcode.session import open_session

MODEL_FILE = "encoder.onnx"
TOKENIZER_FILE = "tokenizer.json"
# Word pieces in one window, special tokens included; longer sentences are cut into several windows.
WINDOW = 128
# Word pieces in one batch, padding included: small batches hold sentences of like length, so that little is padded
# (300 words on one thread: 79 ms at 512, 68 ms at 256, 64 ms at 128).
BATCH_TOKENS = 128


@dataclass(frozen=True)
class Encoding:
    """Contextual vectors of one text.

    Attributes
    ----------
    begins, ends
        int32 [tokens], code-point offsets of each word piece in the text.
    sums
        float32 [tokens + 1, width], cumulative sums of the vectors, so that the mean of any run of
        word pieces costs one subtraction.
    """

    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    sums: NDArray[np.float32]

    def pool(self, begins: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return unit vectors, float32 [spans, width]: the mean over each span's word pieces."""
        first = np.searchsorted(self.ends, begins, side="right")
        last = np.maximum(np.searchsorted(self.begins, ends, side="left"), first + 1)
        last = np.minimum(last, len(self.begins))
        pooled = self.sums[last] - self.sums[np.minimum(first, last)]
        norms = np.linalg.norm(pooled, axis=1, keepdims=True)
        return np.asarray(pooled / np.maximum(norms, 1e-9), dtype=np.float32)


class Encoder:
    """An ONNX BERT with its tokenizer."""

    def __init__(self, session: ort.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {node.name for node in session.get_inputs()}
        self._cls = tokenizer.token_to_id("[CLS]")
        self._sep = tokenizer.token_to_id("[SEP]")
        self.width = int(session.get_outputs()[0].shape[-1])

    @classmethod
    def load(cls, folder: Path, threads: int = 0) -> Encoder:
        """Load the encoder of an artefact; `threads` 0 leaves the number to onnxruntime."""
        session = open_session(folder / MODEL_FILE, threads)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(session, tokenizer)

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Encode each text in full, with one pass over every word piece."""
        tokens = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        windows = [
            (i, start, token.ids[start : start + WINDOW - 2])
            for i, token in enumerate(tokens)
            for start in range(0, len(token.ids), WINDOW - 2)
        ]
        vectors = [np.zeros((len(token.ids), self.width), dtype=np.float32) for token in tokens]
        for batch in _batches(windows):
            output = self._run([[self._cls, *ids, self._sep] for _, _, ids in batch])
            for row, (i, start, ids) in zip(output, batch, strict=True):
                vectors[i][start : start + len(ids)] = row[1 : len(ids) + 1]
        return [
            Encoding(
                begins=np.array([begin for begin, _ in token.offsets], dtype=np.int32),
                ends=np.array([end for _, end in token.offsets], dtype=np.int32),
                sums=np.concatenate([np.zeros((1, self.width), np.float32), vector.cumsum(axis=0)]),
            )
            for token, vector in zip(tokens, vectors, strict=True)
        ]

    def encode_whole(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the mean over the word pieces of each text (its first window), float32 [texts, width]."""
        tokens = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        windows = [(i, 0, token.ids[: WINDOW - 2]) for i, token in enumerate(tokens)]
        pooled = np.zeros((len(texts), self.width), dtype=np.float32)
        for batch in _batches(windows):
            output = self._run([[self._cls, *ids, self._sep] for _, _, ids in batch])
            for row, (i, _, ids) in zip(output, batch, strict=True):
                pooled[i] = row[1 : len(ids) + 1].mean(axis=0) if ids else row[0]
        return pooled

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        longest = max(len(row) for row in rows)
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return self._infer({name: value for name, value in feed.items() if name in self._inputs})

    def _infer(self, feed: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32)


_Window = tuple[int, int, list[int]]


def _batches(windows: list[_Window]) -> list[list[_Window]]:
    """Group windows of like length, so that little is padded, into batches of bounded size."""
    batches: list[list[_Window]] = []
    for window in sorted(windows, key=lambda each: -len(each[2])):
        longest = len(batches[-1][0][2]) if batches else 0
        if batches and (len(batches[-1]) + 1) * (longest + 2) <= BATCH_TOKENS:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches
