import pytest

from training.encoder_pairs import PairSampler, _inverted


@pytest.fixture(scope="module")
def sampler():
    return PairSampler(3)


def test_a_batch_holds_siblings_and_no_code_twice(sampler):
    pairs = next(iter(sampler.batches(1)))
    codes = [pair.code for pair in pairs]
    assert len(codes) == len(set(codes))
    assert len({code[:3] for code in codes}) < len(codes) * 0.7


def test_a_wording_lies_where_its_offsets_say(sampler):
    pairs = [pair for batch in sampler.batches(3) for pair in batch]
    within = [pair.wording for pair in pairs if pair.wording.begin > 0]
    assert within
    for each in within:
        assert each.text[each.begin : each.end].strip()
        assert each.end <= len(each.text)


def test_the_same_seed_gives_the_same_pairs():
    first, again = (list(PairSampler(5).batches(1)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pneumonia, bacterial", "bacterial Pneumonia"),
        ("fracture of femur", "femur fracture"),
        ("chronic gastritis", "gastritis, chronic"),
        ("asthma", "asthma"),
    ],
)
def test_inverted(text, expected):
    assert _inverted(text) == expected


def test_wordings_come_with_their_codes(sampler):
    found = list(sampler.wordings(20))
    assert len(found) == 20
    assert all(text.strip() and code[0].isalpha() and origin.strip() for text, code, origin in found)
