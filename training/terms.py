"""Build the term index of the artefact from the code set, the lay terms and our own index."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import simple_icd_10_cm as icd
from pydantic import BaseModel, ConfigDict, Field

from chartcode import rules
from chartcode.lexical import content_words, spelled_out
from chartcode.terms import FILE, TermIndex
from chartcode.text import is_content, words
from training.codeset import billable_code, is_coded

DESCRIPTION, INCLUSION, INCLUDES, LAY, INDEX = range(5)
INDEX_FILE = Path(__file__).parent / "index_terms.json"
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")


class IndexEntry(BaseModel):
    """A code, billable or not, and wordings that lead a coder to it when the note says no more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?$")
    terms: tuple[str, ...] = Field(min_length=1)


class Index(BaseModel):
    """``index_terms.json``: how clinicians and patients word conditions, in the manner of the Alphabetic Index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes: tuple[IndexEntry, ...]


@cache
def index() -> Index:
    """Return our own index of wordings beyond the Tabular List's."""
    return Index.model_validate_json(INDEX_FILE.read_bytes())


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
    for text, code, kind in _ours():
        add(text, code, kind)
    return list(found.values())


def _ours() -> Iterator[tuple[str, str, int]]:
    """Yield the terms that the Tabular List does not have, with their codes and kinds."""
    for lay in rules.load(rules.LayTerms).terms:
        yield lay.term, lay.code, LAY
    for entry in index().codes:
        for text in entry.terms:
            yield text, entry.code, INDEX


def build_index(all_terms: list[Term]) -> TermIndex:
    """Return the inverted index over `all_terms` (inverse document frequency, cosine norms)."""
    codes = sorted({term.code for term in all_terms})
    number = {code: i for i, code in enumerate(codes)}
    # Spelled out, as the words of a note are: "CKD 3" is a term of the index.
    stems = [
        sorted({word.stem for word in spelled_out(term.text, content_words(term.text, 0, len(term.text)))})
        for term in all_terms
    ]
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


def stems_of(index: TermIndex) -> dict[str, frozenset[str]]:
    """Return for each code of `index` the stems of all of its terms."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for stem, number in index.vocabulary.items():
        for term in index.terms_with(number):
            found[index.codes[index.term_code[term]]].add(stem)
    return {code: frozenset(stems) for code, stems in found.items()}
