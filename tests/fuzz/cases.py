"""What notes, files and requests may be made of, how many are tried, and the count of what was tried."""

import os
import time
from collections import Counter
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

# Of each target: ``make fuzz`` asks for many.
CASES = int(os.environ.get("FUZZ_CASES", "40"))
fuzz = settings(
    max_examples=CASES,
    derandomize=CASES < 1000,  # the same ones whenever the unit tests run
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
count: Counter[str] = Counter()
# A case of a few thousand characters takes milliseconds; one that takes this long is a denial of service.
SLOWEST_SECONDS = 5.0
CANARY = "XQ7CANARYZ9"

# Between bars.
_SCRAPS = """\
ASSESSMENT:|Assessment & Plan|HPI:|Family Hx:|PMH|Plan|A/P:|Discharge Diagnoses:|
|1. |2) |- |* |• |. |; |? |! |: |, |/|\t| |  |\r\n|\r|\x0b|\x0c|\x1c|\x85|\u2028|\u2029|\xa0|\u200b|\ufeff|\x00
Dr. |Mr. |vs. |No. |e.g. |pt |no |denies |without |rule out |possible |history of |mother had |if |unless |but
|type 2 diabetes|HTN|CKD 3|gout|Sjögren's|chest pain|oedema|s/p MI|c/o|b.i.d.|A1c 7.9|BP 140/90|x3|(|)|[|]|"|'|’
64-year-old |woman |male |he |her |3 months old|28 weeks pregnant|32w4d GA|1+ |34 + 2|12|٣|²|½|0|999999999999|-|--
é|é|İ|ß|ﬁ|Ω|中|😀|👩‍⚕️|\u202e|\ud7ff|\ue000|\U0010ffff|NAME: John Smith|MRN 12345|01/02/2020|555-123-4567
a@b.org|https://x.org/|10.0.0.1|SSN 123-45-6789|90210|Boston, MA|#|@|&|<|>|{|}|\\|%s|{0}|$(x)|"""
_PIECES = _SCRAPS.replace("\n", "|").split("|")
# Text that looks like a note, with all that notes are not supposed to hold.
notes = st.lists(st.sampled_from([*_PIECES, "\n", " ", "\n\n"]) | st.text(max_size=6), max_size=60).map("".join)
# One thing many times over: where a pattern that goes back and forth would show.
repeated = st.builds(
    lambda before, piece, times, after: before + piece * times + after,
    st.sampled_from(_PIECES),
    st.sampled_from([*_PIECES, "\n", "a", "1", "a ", "A. ", "1."]),
    st.integers(1, 800),
    st.sampled_from(_PIECES),
)
texts = st.one_of(notes, notes, repeated, st.text(max_size=300))
surrogates = st.text(alphabet=st.characters(categories=["Cs", "Ll"]), min_size=1, max_size=5)


@contextmanager
def case(target):
    """Count a case, and see that it does not take forever."""
    count[target] += 1
    began = time.process_time()
    yield
    assert time.process_time() - began < SLOWEST_SECONDS
