from chartcode.lexical import content_words, spelled_out


def test_an_abbreviation_is_spelled_out_at_its_place():
    text = "CKD and HTN"
    found = spelled_out(text, content_words(text, 0, len(text)))
    assert [word.stem for word in found] == ["chronic", "kidney", "diseas", "hypertens"]
    assert [text[word.begin : word.end] for word in found] == ["CKD"] * 3 + ["HTN"]
