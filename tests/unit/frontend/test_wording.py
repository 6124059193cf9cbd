import re
from pathlib import Path

import pytest

from frontend.wording import REASONS, chapter, count, drift, literal, moment, percent, reason

ROOT = Path(__file__).parents[3]


def test_every_reason_of_the_quarantine_has_its_words():
    sources = [ROOT / "glue" / name for name in ("validation.sql", "note_files.py", "prepare_notes.py")]
    text = "\n".join(path.read_text() for path in sources)
    named = set(re.findall(r"THEN '(\w+)'", text))
    named |= set(re.findall(r'problem ?= ?"(\w+)"', text))
    named |= set(re.findall(r'F\.lit\("(\w+_conflict)"\)|"(id_conflict)"', text)[0]) - {""}
    assert len(named) > 10
    assert named - set(REASONS) == set()


def test_a_reason_without_words_is_readable():
    assert reason("bad_moon") == "Bad moon."
    assert "Try it again" in reason("coder_error:ValueError")


@pytest.mark.parametrize(
    ("given", "expected"), [(None, "-"), (0.0, "0%"), (0.914, "91%"), (1.0, "100%")], ids=["none", "0", "91", "100"]
)
def test_percent(given, expected):
    assert percent(given) == expected


def test_counts_and_times_read_well():
    assert (count(1, "code"), count(1200, "code")) == ("1 code", "1,200 codes")
    assert moment("2026-11-24T09:05:30+00:00") == "2026-11-24 09:05 UTC"
    assert moment("2026-11-24T09:05:30Z") == "2026-11-24 09:05 UTC"
    assert moment(None) == "-"


def test_drift_is_told_in_words():
    assert drift(None, 0).startswith("Not enough")
    assert drift(0.05, 1000).startswith("Stable")
    assert drift(0.2, 1000).startswith("Some change")
    assert drift(0.25, 1000).startswith("Large change")
    assert drift(1.2, 40).startswith("Too early")


def test_chapters_have_short_titles():
    assert chapter("Diseases of the eye and adnexa (H00-H59)") == "Eye and adnexa"
    assert chapter("Certain infectious and parasitic diseases (A00-B99)") == "Infectious and parasitic diseases"
    assert chapter("Neoplasms (C00-D49)") == "Neoplasms"


def test_markdown_of_a_description_is_taken_literally():
    assert literal("a [b] :red[c] *d*") == r"a \[b\] \:red\[c\] \*d\*"
