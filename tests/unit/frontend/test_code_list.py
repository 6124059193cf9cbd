from types import SimpleNamespace

from frontend.code_list import _decide
from frontend.review import Decision


def test_a_key_that_also_reaches_the_card_before_decides_on_the_selected_code_only():
    decided = []
    note = SimpleNamespace(selected="I10", review=SimpleNamespace(decide=decided.append), step=None)
    for code in ("E11.42", "I10"):
        _decide(note, Decision("reject", code))
    assert [decision.code for decision in decided] == ["I10"]
