"""Learn the lexicon: phrases of labelled notes and the codes they are evidence of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from chartcode.lexical import content_words, spelled_out
from chartcode.lexicon import Association, Lexicon, phrases_of
from chartcode.sentences import split
from training.data import LabelledNote

# A phrase is kept for a code when at least this many notes agree, in at least this share of those that hold it.
MIN_CODED = 2
MIN_PRECISION = 0.05
# One note is enough where the phrase shares a word with the code's terms and no more notes than this hold it: of such
# phrases, a fifth (rare codes, several notes) to four fifths (frequent codes) are coded so in the next note. All of
# its words must be words of the code set's terms: what one note alone says may be a name.
MOST_HELD_ONCE = 4
# Phrases of this many notes, all of whose words the code set's terms have, are counted even where no code is given.
MIN_HELD = 4


def phrases_in(text: str) -> set[str]:
    """Return every phrase of `text`."""
    return {
        phrase
        for sentence in split(text)
        for _, _, phrase in phrases_of(spelled_out(text, content_words(text, sentence.begin, sentence.end)))
    }


def learn(
    notes: Iterable[LabelledNote],
    billable_code: Callable[[str], str | None],
    stems_of: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Lexicon:
    """Return the lexicon of `notes`.

    Parameters
    ----------
    notes
        Notes with gold codes and, for each code, the sentences that are its evidence.
    billable_code
        Maps a gold code (of an older release, or a header) to a billable code of this one.
    stems_of
        The stems of each code's terms.
    """
    vocabulary = frozenset[str]().union(*stems_of.values())

    def is_kept(phrase: str, code: str, count: int) -> bool:
        words = phrase.split()
        if count < MIN_CODED and (
            held[phrase] > MOST_HELD_ONCE
            or not vocabulary.issuperset(words)
            or stems_of.get(code, frozenset()).isdisjoint(words)
        ):
            return False
        return count / (held[phrase] + 1) >= MIN_PRECISION

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
            if is_kept(phrase, code, count)
        )
        for phrase, codes in coded.items()
    }
    return Lexicon(
        phrases={k: v for k, v in phrases.items() if v},
        prior=dict(prior),
        held={p: count for p, count in held.items() if count >= MIN_HELD and vocabulary.issuperset(p.split())},
    )
