import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartcode.sections import find
from chartcode.sentences import split

NOTE = """Seen today.
CHIEF COMPLAINT: Cough.

**Past Medical History:**
HTN

Family Hx: mother stroke
Assessment & Plan
1. Asthma - stable. Continue inhaler.
2. Dr. Smith will follow.
Plan: rest
"""


def test_headings_open_sections():
    assert [(s.name, NOTE[s.begin : s.end].strip()) for s in find(NOTE)] == [
        ("other", "Seen today."),
        ("chief_complaint", "Cough."),
        ("past_medical_history", "HTN"),
        ("family_history", "mother stroke"),
        ("assessment", "1. Asthma - stable. Continue inhaler.\n2. Dr. Smith will follow."),
        ("plan", "rest"),
    ]


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("IMPRESSION:", "assessment"),
        ("A/P:", "assessment"),
        ("Discharge Diagnoses:", "assessment"),
        ("HPI:", "history_of_present_illness"),
        ("ROS:", "review_of_systems"),
        ("Meds:", "medications"),
        ("Allergies", "allergies"),
        ("PMHx:", "past_medical_history"),
        ("Social History:", "social_history"),
        ("Hospital Course:", "hospital_course"),
        ("LABS:", "results"),
        ("Physical Examination", "physical_exam"),
    ],
)
def test_common_headings(heading, section):
    assert find(f"{heading}\nsomething")[-1].name == section


def test_a_sentence_that_begins_like_a_heading_is_none():
    assert [s.name for s in find("History of asthma since childhood.\nPlan to return.")] == ["other"]


def test_sentences_split_at_stops_and_list_items():
    sentences = [NOTE[s.begin : s.end] for s in split(NOTE) if s.section == "assessment"]
    assert sentences == ["Asthma - stable.", "Continue inhaler.", "Dr. Smith will follow."]


@given(st.text(alphabet=st.sampled_from("aB:.\n 1-é😀"), max_size=200))
def test_sentences_never_overlap(text):
    position = 0
    for sentence in split(text):
        assert position <= sentence.begin <= sentence.end <= len(text)
        position = sentence.end
