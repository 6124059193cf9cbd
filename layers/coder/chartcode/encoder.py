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
        int32 [tokens], code-point offsets of each word piece in the text, ascending.
    vectors
        float32 [tokens, width].
    """

    begins: NDArray[np.int32]
    ends: NDArray[np.int32]
    vectors: NDArray[np.float32]

    def pool(self, spans: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return unit vectors, float32 [spans, width]: the mean over the word pieces of each span, [spans, 2].

        A span that no word piece overlaps has those of the next one; where there is none, zeros.
        """
        first = np.searchsorted(self.ends, spans[:, 0], side="right")
        last = np.maximum(np.searchsorted(self.begins, spans[:, 1], side="left"), first + 1)
        last = np.minimum(last, len(self.begins))
        pooled = np.zeros((len(spans), self.vectors.shape[1]), dtype=np.float32)
        for step in range(int((last - first).max(initial=0))):
            inside = np.flatnonzero(first + step < last)
            pooled[inside] += self.vectors[first[inside] + step]
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

    def encode(self, text: str, parts: Sequence[tuple[int, int]]) -> Encoding:
        """Encode each of `parts` (its begin and end in `text`, in order) alone, with one pass over every word piece."""
        tokens = self._tokenizer.encode_batch([text[begin:end] for begin, end in parts], add_special_tokens=False)
        counts = [len(token.ids) for token in tokens]
        starts = np.cumsum([0, *counts])
        windows = [
            (int(starts[i]) + cut, token.ids[cut : cut + WINDOW - 2])
            for i, token in enumerate(tokens)
            for cut in range(0, len(token.ids), WINDOW - 2)
        ]
        vectors = np.zeros((starts[-1], self.width), dtype=np.float32)
        for batch in _batches(windows):
            output = self._run([[self._cls, *ids, self._sep] for _, ids in batch])
            for row, (start, ids) in zip(output, batch, strict=True):
                vectors[start : start + len(ids)] = row[1 : len(ids) + 1]
        offsets = np.array([pair for token in tokens for pair in token.offsets], dtype=np.int32).reshape(-1, 2)
        offsets += np.repeat(np.array([begin for begin, _ in parts], dtype=np.int32), counts)[:, None]
        return Encoding(offsets[:, 0], offsets[:, 1], vectors)

    def encode_whole(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the mean over the word pieces of each text (its first window), float32 [texts, width]."""
        tokens = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        windows = [(i, token.ids[: WINDOW - 2]) for i, token in enumerate(tokens)]
        pooled = np.zeros((len(texts), self.width), dtype=np.float32)
        for batch in _batches(windows):
            output = self._run([[self._cls, *ids, self._sep] for _, ids in batch])
            for row, (i, ids) in zip(output, batch, strict=True):
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


_Window = tuple[int, list[int]]


def _batches(windows: list[_Window]) -> list[list[_Window]]:
    """Group windows of like length, so that little is padded, into batches of bounded size."""
    batches: list[list[_Window]] = []
    for window in sorted(windows, key=lambda each: -len(each[1])):
        longest = len(batches[-1][0][1]) if batches else 0
        if batches and (len(batches[-1]) + 1) * (longest + 2) <= BATCH_TOKENS:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches
