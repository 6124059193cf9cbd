import pytest

from chartcode.artefact import locate
from chartcode.lexical import PIECE, LexicalSearch, content_words, spelled_out
from chartcode.terms import TermIndex


def test_an_abbreviation_is_spelled_out_at_its_place():
    text = "CKD and HTN"
    found = spelled_out(text, content_words(text, 0, len(text)))
    assert [word.stem for word in found] == ["chronic", "kidney", "diseas", "hypertens"]
    assert [text[word.begin : word.end] for word in found] == ["CKD"] * 3 + ["HTN"]


@pytest.mark.parametrize("before", [0, PIECE - 1, PIECE, 3 * PIECE])
def test_a_mention_in_a_dictation_without_full_stops_is_found_as_in_a_short_sentence(before):
    search = LexicalSearch(TermIndex.load(locate()))
    mention = "paroxysmal atrial fibrillation"
    text = " ".join(["zzz"] * before + [mention] + ["zzz"] * 40)
    alone, within = hits_of(search, mention, mention), hits_of(search, text, mention)
    assert (1.0, "I48.0") in alone
    assert within == alone


def hits_of(search, text, mention):
    """Return cosine and code of each hit of the window that is `mention`."""
    begin = text.index(mention)
    index = search._index
    return [
        (round(float(cosine), 5), index.codes[index.term_code[term]])
        for hits in search.search(text, content_words(text, 0, len(text)))
        for first, after, term, cosine in zip(hits.begin, hits.end, hits.term, hits.cosine, strict=True)
        if (first, after) == (begin, begin + len(mention))
    ]


def test_a_word_that_a_window_holds_twice_counts_once():
    search = LexicalSearch(TermIndex.load(locate()))
    found = hits_of(search, "AKI on CKD", "AKI on CKD")  # acute kidney injury, chronic kidney disease
    assert max(cosine for cosine, _ in found) == 1.0
    assert (1.0, "N17.9") in found
