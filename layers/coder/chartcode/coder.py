"""The coder: a note in, its codes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from chartcode import artefact
from chartcode.billing import Biller
from chartcode.candidates import CandidateFinder, Candidates
from chartcode.codeset import FILE as CODESET_FILE
from chartcode.codeset import CodeSet
from chartcode.dense import TermSearch
from chartcode.encoder import Encoder
from chartcode.features import Contexts, FeatureExtractor
from chartcode.lexicon import Lexicon
from chartcode.mentions import ScoredCode, entities, evidence_spans
from chartcode.note import Note, check
from chartcode.patient import stated_age, stated_sex
from chartcode.result import Candidate, ModelInfo, NoteResult
from chartcode.terms import TermIndex
from chartcode.trees import ENTITY_FILE, Trees


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
        extractor: FeatureExtractor,
        trees: Trees,
    ) -> None:
        self.manifest = manifest
        self.codeset = codeset
        self.model_info = ModelInfo(
            version=manifest.version, code_set=manifest.code_set, code_set_release=manifest.code_set_release
        )
        self._finder = finder
        self._extractor = extractor
        self._trees = trees
        self._biller = Biller(codeset)

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
        extractor = FeatureExtractor(codeset, index, lexicon)
        return cls(manifest, codeset, finder, extractor, Trees.load(folder / ENTITY_FILE, threads))

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
        scored = self._score(found, contexts, age, sex)
        threshold = self.manifest.entity_threshold
        predicted = [each for each in scored if each.probability >= threshold]
        return NoteResult(
            id=note_id,
            codes=tuple(self._biller.bill(predicted, text)),
            entities=tuple(entities(scored, threshold, text, contexts)),
            candidates=tuple(
                Candidate(
                    code=each.code,
                    probability=round(each.probability, 6),
                    mentioned=each.probability >= threshold,
                )
                for each in scored
            )
            if candidates
            else None,
            model=self.model_info,
        )

    def code_many(self, notes: Iterable[Note], *, candidates: bool = False) -> Iterator[NoteResult]:
        """Code notes one after the other, in order."""
        for note in notes:
            yield self.code(note.text, note_id=note.id, age=note.age, sex=note.sex, candidates=candidates)

    def _score(self, found: Candidates, contexts: Contexts, age: float | None, sex: str | None) -> list[ScoredCode]:
        """Return every candidate with its probability, most likely first."""
        features = self._extractor.extract(
            found,
            contexts,
            stated_age(found.text) if age is None else age,
            stated_sex(found.text) if sex is None else sex,
        )
        probabilities = self._trees.predict(features).tolist()
        scored = []
        for match, probability in zip(found.matches.values(), probabilities, strict=True):
            spans = evidence_spans(match, found.text)
            scored.append(
                ScoredCode(
                    code=match.code,
                    description=self.codeset.description(match.code),
                    probability=probability,
                    match=match,
                    spans=tuple(spans),
                    contexts=tuple(contexts.at(span) for span in spans),
                )
            )
        return sorted(scored, key=lambda each: (-each.probability, each.code))
