"""The coder: a note in, its codes out."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from pathlib import Path

from chartcode import artefact
from chartcode.billing import Biller, Encounter, Thresholds
from chartcode.candidates import CandidateFinder
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.features import Contexts
from chartcode.lexicon import Lexicon
from chartcode.mentions import entities
from chartcode.note import Note, check
from chartcode.patient import stated_age, stated_sex
from chartcode.result import Candidate, ModelInfo, NoteResult
from chartcode.scoring import Scorer
from chartcode.terms import TermIndex
from chartcode.trees import BILLING_FILE, Trees


class Coder:
    """Codes notes with one artefact; safe to share between threads.

    Examples
    --------
    >>> coder = Coder.load()
    >>> [code.code for code in coder.code("Assessment: essential hypertension.").codes]
    ['I10']
    """

    def __init__(
        self,
        manifest: artefact.Manifest,
        codeset: CodeSet,
        finder: CandidateFinder,
        scorer: Scorer,
        biller: Biller,
    ) -> None:
        self.manifest = manifest
        self.codeset = codeset
        self.model_info = ModelInfo(
            version=manifest.version, code_set=manifest.code_set, code_set_release=manifest.code_set_release
        )
        self._finder = finder
        self._scorer = scorer
        self._biller = biller

    @classmethod
    def load(cls, model_dir: Path | None = None, threads: int = 0) -> Coder:
        """Load the artefact that `artefact.locate` finds.

        Parameters
        ----------
        threads
            Threads of each onnxruntime session; 0 leaves the number to onnxruntime.

        Raises
        ------
        ArtefactError
            If the artefact, or a file of it, is missing.
        """
        folder = artefact.locate(model_dir)
        manifest = artefact.read_manifest(folder)
        codeset = CodeSet(folder / CODESET_FILE)
        index, lexicon = TermIndex.load(folder), Lexicon.load(folder)
        finder = CandidateFinder(index, Encoder.load(folder, threads), TermSearch.load(folder, threads), lexicon)
        scorer = Scorer.load(folder, codeset, index, lexicon, threads)
        thresholds = Thresholds(manifest.entity_threshold, manifest.billing_threshold, manifest.auto_threshold)
        biller = Biller(codeset, Trees.load(folder / BILLING_FILE, threads), thresholds)
        # The model is a million objects that stay: a full collection would look through them in the midst of a note.
        gc.freeze()
        return cls(manifest, codeset, finder, scorer, biller)

    def code(
        self,
        text: str,
        *,
        note_id: str | None = None,
        age: float | None = None,
        sex: str | None = None,
        candidates: bool = False,
    ) -> NoteResult:
        """Code one note.

        Parameters
        ----------
        age, sex
            Years, and ``F`` or ``M``; read from the note where they are not given.
        candidates
            Also return the note's whole ranking.

        Raises
        ------
        NoteRejected
            If the note is empty, too long or not text.
        """
        check(text)
        found = self._finder.find(text)
        contexts = Contexts(found)
        age = stated_age(text) if age is None else age
        sex = stated_sex(text) if sex is None else sex
        scores = self._scorer.score(found, contexts, age, sex)
        threshold = self.manifest.entity_threshold
        billed, not_billed = self._biller.bill(scores.shown, Encounter(text, found.sentences, age, sex))
        evidence = {(each.begin, each.end) for code in billed for each in code.evidence}
        return NoteResult(
            id=note_id,
            codes=billed,
            not_billed=not_billed,
            entities=tuple(entities(scores.shown, threshold, evidence, text, contexts)),
            candidates=tuple(
                Candidate(code=code, probability=round(probability, 6), mentioned=probability >= threshold)
                for code, probability in scores.ranking
            )
            if candidates
            else None,
            model=self.model_info,
        )

    def code_many(self, notes: Iterable[Note], *, candidates: bool = False) -> Iterator[NoteResult]:
        """Code notes one after the other, in order."""
        for note in notes:
            yield self.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=candidates)
