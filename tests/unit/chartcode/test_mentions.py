from types import SimpleNamespace

from chartcode.candidates import Match
from chartcode.features import Context
from chartcode.mentions import ScoredCode, entities

TEXT = "DVT on eliquis and aspirin."
CONTEXTS = SimpleNamespace(at=lambda span: Context("assessment", ()))


def scored(code, words, probability):
    begin = TEXT.index(words)
    return ScoredCode(code, "", probability, Match(code), ((begin, begin + len(words)),), (Context("assessment", ()),))


def test_entities_are_what_is_likely_and_what_the_bill_rests_on():
    found = [scored("I82.409", "DVT", 0.8), scored("Z79.01", "eliquis", 0.2), scored("Z79.82", "aspirin", 0.2)]
    eliquis = found[1].spans[0]
    built = entities(found, 0.3, {eliquis}, TEXT, CONTEXTS)
    assert [(entity.text, entity.codes[0].code) for entity in built] == [("DVT", "I82.409"), ("eliquis", "Z79.01")]


def test_a_less_likely_code_is_another_reading_of_the_entity_that_it_overlaps():
    built = entities([scored("I82.409", "DVT", 0.8), scored("Z86.718", "DVT on", 0.1)], 0.3, set(), TEXT, CONTEXTS)
    assert [[code.code for code in entity.codes] for entity in built] == [["I82.409", "Z86.718"]]
