"""Which phrases of labelled notes become surface forms of a code."""

from training.data import EvidenceSentence, LabelledNote
from training.lexicon import MIN_HELD, MOST_HELD_ONCE, learn


def note(number, text, *codes):
    evidence = tuple(EvidenceSentence(code=code, text=text) for code in codes)
    return LabelledNote(id=str(number), text=text, codes=codes, evidence=evidence)


def found(lexicon, phrase):
    return {each.code: (each.coded, each.notes) for each in lexicon.phrases.get(phrase, ())}


def test_two_notes_that_agree():
    lexicon = learn([note(i, "Marked asthenia.", "R53.1") for i in range(2)], lambda code: code)
    assert found(lexicon, "asthenia") == {"R53.1": (2, 2)}


def test_one_note_is_enough_for_a_rare_phrase_in_the_words_of_the_code():
    notes = [note(0, "Renal lesion after trauma.", "N28.9")]
    assert found(learn(notes, lambda code: code), "kidney lesion") == {}
    stems = {"N28.9": frozenset({"kidney", "disord"}), "L98.9": frozenset({"lesion"}), "T14.90": frozenset({"trauma"})}
    lexicon = learn(notes, lambda code: code, stems)
    assert found(lexicon, "kidney lesion") == {"N28.9": (1, 1)}
    assert found(lexicon, "trauma") == {}


def test_what_one_note_alone_says_may_be_a_name():
    notes = [note(0, "Ferguson kidney lesion.", "N28.9")]
    lexicon = learn(notes, lambda code: code, {"N28.9": frozenset({"kidney", "lesion"})})
    assert set(lexicon.phrases) == {"kidney", "lesion", "kidney lesion"}


def test_frequent_phrases_are_counted_in_the_words_of_the_code_set_only():
    notes = [note(i, "Ferguson kidney lesion.") for i in range(MIN_HELD)]
    lexicon = learn(notes, lambda code: code, {"N28.9": frozenset({"kidney", "lesion"})})
    assert lexicon.held == {"kidney": MIN_HELD, "lesion": MIN_HELD, "kidney lesion": MIN_HELD}


def test_one_note_is_not_enough_for_a_phrase_that_many_notes_hold():
    stems = {"N28.9": frozenset({"kidney"})}
    others = [note(i, "Renal ultrasound.") for i in range(1, MOST_HELD_ONCE + 1)]
    assert found(learn([note(0, "Renal lesion.", "N28.9"), *others], lambda code: code, stems), "kidney") == {}
    assert found(learn([note(0, "Renal lesion.", "N28.9"), *others[1:]], lambda code: code, stems), "kidney") != {}


def test_codes_are_mapped_to_billable_ones():
    lexicon = learn([note(i, "Myalgia.", "M79.1") for i in range(2)], {"M79.1": "M79.10"}.get)
    assert found(lexicon, "myalgia") == {"M79.10": (2, 2)}
    assert lexicon.prior == {"M79.10": 2}
