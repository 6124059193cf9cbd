"""Learn the lexicon: phrases of labelled notes and the codes they are evidence of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from chartcode.lexical import content_words
from chartcode.lexicon import Association, Lexicon, phrases_of
from chartcode.sentences import split
from training.data import LabelledNote

# A phrase is kept for a code when at least this many notes agree, in at least this share of those that hold it.
MIN_CODED = 2
MIN_PRECISION = 0.05
# Phrases of this many notes are counted even where no code is given for them.
MIN_HELD = 4


def phrases_in(text: str) -> set[str]:
    """Return every phrase of `text`."""
    return {
        phrase
        for sentence in split(text)
        for _, _, phrase in phrases_of(content_words(text, sentence.begin, sentence.end))
    }


def learn(notes: Iterable[LabelledNote], billable_code: Callable[[str], str | None]) -> Lexicon:
    """Return the lexicon of `notes`.

    Parameters
    ----------
    notes
        Notes with gold codes and, for each code, the sentences that are its evidence.
    billable_code
        Maps a gold code (of an older release, or a header) to a billable code of this one.
    """
    held: Counter[str] = Counter()
    prior: Counter[str] = Counter()
    coded: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for note in notes:
        held.update(phrases_in(note.text))
        prior.update({target for code in note.codes if (target := billable_code(code))})
        pairs: set[tuple[str, str]] = set()
        for evidence in note.evidence:
            target = billable_code(evidence.code)
            if target:
                pairs |= {(phrase, target) for phrase in phrases_in(evidence.text)}
        for phrase, target in pairs:
            coded[phrase][target] += 1
    phrases = {
        phrase: tuple(
            Association(code, count, held[phrase])
            for code, count in sorted(codes.items())
            if count >= MIN_CODED and count / (held[phrase] + 1) >= MIN_PRECISION
        )
        for phrase, codes in coded.items()
    }
    return Lexicon(
        phrases={k: v for k, v in phrases.items() if v},
        prior=dict(prior),
        held={phrase: count for phrase, count in held.items() if count >= MIN_HELD},
    )
