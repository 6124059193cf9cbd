from frontend.highlight import assertion, mark


def entity(begin, end, traits=(), code="I10"):
    return {
        "begin": begin,
        "end": end,
        "traits": list(traits),
        "codes": [{"code": code, "description": 'a "b"'}],
    }


def test_marks_the_evidence_and_escapes_everything_else():
    html = mark("<b>HTN</b>", [entity(3, 6)])
    assert "&lt;b&gt;<mark" in html
    assert 'title="I10 a &quot;b&quot;">HTN</mark>&lt;/b&gt;' in html


def test_overlapping_entities_are_marked_once():
    html = mark("heart failure", [entity(6, 13, code="R69"), entity(0, 13, code="I50.9")])
    assert html.count("<mark") == 1
    assert "I50.9" in html


def test_assertion_is_the_first_styled_trait():
    assert assertion(["SYMPTOM", "NEGATION"]) == "NEGATION"
    assert assertion(["SYMPTOM"]) == "affirmed"
