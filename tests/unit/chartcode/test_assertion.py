"""One sentence, one mention (in brackets), one assertion."""

import pytest

from chartcode.assertion import SentenceAssertions

TABLE = [
    # affirmed
    ("Patient has [pneumonia].", ()),
    ("[HTN], stable on lisinopril.", ()),
    ("Denies fever but reports [cough].", ()),
    ("No fever; however, [cough] persists.", ()),
    ("Presents with [chest pain].", ()),
    ("There is no increase in [pain].", ()),
    ("Admitted for [sepsis] secondary to UTI.", ()),
    ("Positive for [influenza].", ()),
    ("[Asthma], not well controlled.", ()),
    ("Worsening [heart failure].", ()),
    # negated
    ("Denies [chest pain].", ("NEGATION",)),
    ("No [fever] or chills.", ("NEGATION",)),
    ("No fever, cough or [chills].", ("NEGATION",)),
    ("Negative for [deep vein thrombosis].", ("NEGATION",)),
    ("There is no evidence of [pneumonia].", ("NEGATION",)),
    ("[Pulmonary embolism] was ruled out.", ("NEGATION",)),
    ("[Fracture] is not seen.", ("NEGATION",)),
    ("Without [nausea].", ("NEGATION",)),
    ("She never had [seizures].", ("NEGATION",)),
    ("Lungs free of [effusion].", ("NEGATION",)),
    ("The patient denied [syncope].", ("NEGATION",)),
    ("No signs of [infection].", ("NEGATION",)),
    # uncertain
    ("Possible [pneumonia].", ("LOW_CONFIDENCE",)),
    ("Probable [gout].", ("LOW_CONFIDENCE",)),
    ("Suspected [appendicitis].", ("LOW_CONFIDENCE",)),
    ("Rule out [myocardial infarction].", ("LOW_CONFIDENCE",)),
    ("r/o [meningitis]", ("LOW_CONFIDENCE",)),
    ("Findings concerning for [malignancy].", ("LOW_CONFIDENCE",)),
    ("Cannot exclude [fracture].", ("LOW_CONFIDENCE",)),
    ("[Pneumonia] is suspected.", ("LOW_CONFIDENCE",)),
    ("May represent [abscess].", ("LOW_CONFIDENCE",)),
    ("Likely viral [gastroenteritis].", ("LOW_CONFIDENCE",)),
    # family
    ("Mother had [breast cancer].", ("PERTAINS_TO_FAMILY",)),
    ("Family history of [colon cancer].", ("PERTAINS_TO_FAMILY",)),
    ("Father with [diabetes].", ("PERTAINS_TO_FAMILY",)),
    ("Maternal aunt: [stroke].", ("PERTAINS_TO_FAMILY",)),
    ("[Asthma] in her mother.", ("PERTAINS_TO_FAMILY",)),
    # historical
    ("History of [stroke].", ("HISTORICAL",)),
    ("Status post [hip fracture].", ("HISTORICAL",)),
    ("Prior [myocardial infarction].", ("HISTORICAL",)),
    ("[Gout] in the past.", ("HISTORICAL",)),
    ("h/o [DVT]", ("HISTORICAL",)),
    ("[Acute kidney injury], resolved.", ("HISTORICAL",)),
    # hypothetical
    ("Return if [fever] develops.", ("HYPOTHETICAL",)),
    ("Counseled on risk of [stroke].", ("HYPOTHETICAL",)),
    ("Screening for [colon cancer].", ("HYPOTHETICAL",)),
    ("Call for [bleeding].", ("HYPOTHETICAL",)),
    ("Acetaminophen as needed for [pain].", ("HYPOTHETICAL",)),
    # combinations
    ("No family history of [colon cancer].", ("NEGATION",)),
    ("Mother denies [asthma].", ("NEGATION", "PERTAINS_TO_FAMILY")),
]


@pytest.mark.parametrize(("marked", "expected"), TABLE, ids=[sentence for sentence, _ in TABLE])
def test_assertion(marked, expected):
    begin, end = marked.index("["), marked.index("]") - 1
    sentence = marked.replace("[", "").replace("]", "")
    assert SentenceAssertions(sentence).traits(begin, end) == expected
