"""Words of a text, with their offsets and the form under which they are looked up."""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import snowballstemmer

from chartcode import rules

# A run of letters, a number with the letter of a stage (3b), or a number.
_PLAIN = r"[^\W\d_]+(?:['’][^\W\d_]+)?|(?<![^\W_])\d+[a-cA-C](?![^\W_])|\d+(?:\.\d+)?"
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "iia": "2a", "iib": "2b", "iiia": "3a", "iiib": "3b"}

# Function words, and words that ICD-10-CM titles carry without meaning to a clinician ("unspecified").
STOP_WORDS = frozenset(
    "a an and are as at be been being but by do did does due elsewhere for from had has have he her here him his "
    "in into is it its nec no nor nos not of on or other others she so specified such than that the their them "
    "then there these they this those to unspecified was we were which who whom will with without classified "
    "i you your my me our us after before during per via patient patients history also".split()
)

_stemmer = snowballstemmer.stemmer("english")
_stemmer_lock = threading.Lock()  # the stemmer keeps the word in an attribute


@dataclass(frozen=True, slots=True)
class Word:
    """A word: ``text[begin:end]`` of the note, and its stem."""

    begin: int
    end: int
    stem: str


@cache
def _word() -> re.Pattern[str]:
    """Match a plain word, or an abbreviation that is none (``T2DM``, ``breast CA``)."""
    forms = {each.form for each in rules.load(rules.Abbreviations).abbreviations}
    mixed = sorted((form for form in forms if not re.fullmatch(_PLAIN, form)), key=len, reverse=True)
    alternatives = "|".join(map(re.escape, mixed))
    return re.compile(rf"(?<![^\W_])(?i:{alternatives})(?![^\W_])|{_PLAIN}")


@cache
def _synonyms() -> dict[str, str]:
    """Stem of each synonym → stem of the word that leads its group."""
    groups = rules.load(rules.WordSynonyms).groups
    return {_plain_stem(word): _plain_stem(group[0]) for group in groups for word in group[1:]}


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the form under which `word` is looked up.

    Lower case, no accents, no possessive, American spelling (``oedema`` → ``edema``), Roman numerals
    as digits, then the Snowball English stem, then the leading word of its group of synonyms
    (``renal`` → ``kidney``).
    """
    plain = _plain_stem(word)
    return _synonyms().get(plain, plain)


def _plain_stem(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.lower()).encode("ascii", "ignore").decode()
    plain = re.sub(r"'.*$", "", plain) or word.lower()
    if plain in _ROMAN:
        return _ROMAN[plain]
    american = plain.replace("ae", "e").replace("oe", "e")
    american = re.sub(r"our(s|ed|al)?$", r"or\1", american) if len(american) > 5 else american
    with _stemmer_lock:
        return str(_stemmer.stemWord(american))


def words(text: str, offset: int = 0) -> list[Word]:
    """Return the words of `text`; `offset` is added to their positions."""
    return [Word(m.start() + offset, m.end() + offset, stem(m.group())) for m in _word().finditer(text)]


_STOP_STEMS = frozenset(stem(word) for word in STOP_WORDS)


def is_content(word: Word) -> bool:
    """Return whether `word` carries meaning of its own."""
    return word.stem not in _STOP_STEMS


def content_stems(text: str) -> set[str]:
    """Return the stems of the content words of `text`."""
    return {word.stem for word in words(text) if is_content(word)}
