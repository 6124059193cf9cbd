import pytest

from chartcode.patient import stated_age, stated_sex, stated_weeks


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("A 42-year-old woman", 42),
        ("72 y/o M with CHF", 72),
        ("an 18 month old girl", 1.5),
        ("a 9-day-old boy", 0),
        ("BP 120/80 for 3 visits", None),
    ],
)
def test_age(text, age):
    assert stated_age(text) == age


@pytest.mark.parametrize(("text", "sex"), [("A gentleman", "M"), ("She reports", "F"), ("Patient reports", None)])
def test_sex(text, sex):
    assert stated_sex(text) == sex


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        ("G2P1 at 28 weeks gestation", 28),
        ("She is 32 weeks pregnant.", 32),
        ("at 36w4d GA", 36),
        ("pregnancy of 12 + 3 weeks", None),
        ("12+3 weeks of amenorrhea", 12),
        ("31+2 weeks gestational age", 31),
        ("back pain for 6 weeks", None),
        ("symptoms 80 weeks gestation", None),
    ],
)
def test_weeks_of_gestation(text, weeks):
    assert stated_weeks(text) == weeks
