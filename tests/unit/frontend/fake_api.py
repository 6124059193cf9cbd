"""An API for the pages to talk to, and what their tests do with a page."""

import json

from chartcode.client import ApiRefused, ApiUnreachable

TEXT = "HPI: No chest pain. Mother had gout.\nA/P: Essential hypertension. T2DM with neuropathy."


def evidence(words):
    begin = TEXT.index(words)
    return {"begin": begin, "end": begin + len(words), "text": words}


def entity(words, section, code, description, probability, traits=()):
    codes = [{"code": code, "description": description, "probability": probability}]
    return {**evidence(words), "section": section, "traits": list(traits), "codes": codes}


ANSWER = {
    "id": "visit-1",
    "codes": [
        {
            "code": "E11.40",
            "description": "Type 2 diabetes mellitus with diabetic neuropathy, unspecified",
            "probability": 0.91,
            "route": "auto",
            "evidence": [evidence("T2DM with neuropathy"), evidence("T2DM")],
            "edits": [{"rule": "with_convention", "guideline": "I.A.15", "reason": "Both are stated together."}],
        },
        {
            "code": "I10",
            "description": "Essential (primary) hypertension",
            "probability": 0.62,
            "route": "review",
            "evidence": [evidence("Essential hypertension")],
            "edits": [],
        },
    ],
    "not_billed": [
        {
            "code": "R07.9",
            "description": "Chest pain, unspecified",
            "probability": 0.01,
            "evidence": [evidence("chest pain")],
            "edit": {"rule": "negated", "guideline": "III.B", "reason": "The note says that it is not there."},
        }
    ],
    "entities": [
        entity("chest pain", "history_of_present_illness", "R07.9", "Chest pain, unspecified", 0.8, ["NEGATION"]),
        entity("gout", "history_of_present_illness", "M10.9", "Gout, unspecified", 0.7, ["PERTAINS_TO_FAMILY"]),
        entity("Essential hypertension", "assessment", "I10", "Essential (primary) hypertension", 0.9),
        entity("T2DM", "assessment", "E11.9", "Type 2 diabetes mellitus without complications", 0.55),
    ],
    "model": {"version": "2026.11", "code_set": "ICD-10-CM FY2026", "code_set_release": "2026-04-01"},
    "request_id": "r-1",
}


def described(code, description, billable, children=(), ancestors=(), **more):
    return {
        "code": code,
        "description": description,
        "billable": billable,
        "parent": ancestors[-1]["code"] if ancestors else None,
        "children": list(children),
        "ancestors": list(ancestors),
        **more,
    }


CHAPTER = {"code": "9", "description": "Diseases of the circulatory system (I00-I99)"}
BLOCK = {"code": "I10-I1A", "description": "Hypertensive diseases (I10-I1A)"}
I10 = {"code": "I10", "description": "Essential (primary) hypertension", "billable": True}
I15 = {"code": "I15.9", "description": "Secondary hypertension, unspecified", "billable": True}
CODES = {
    "9": described(**CHAPTER, billable=False, children=[{**BLOCK, "billable": False}]),
    "I10-I1A": described(**BLOCK, billable=False, children=[I10, I15], ancestors=[CHAPTER]),
    "I10": described(
        **I10, ancestors=[CHAPTER, BLOCK], includes=["high blood pressure"], excludes2=["of vessels of brain (I60-I69)"]
    ),
    "I15.9": described(**I15, ancestors=[CHAPTER, BLOCK]),
}
BATCH = {
    "id": "batch-1",
    "name": "Monday",
    "status": "PARTIAL_SUCCESS",
    "created": "2026-11-24T09:05:00+00:00",
    "finished": "2026-11-24T09:06:00+00:00",
    "files": 2,
    "counts": {"read": 3, "accepted": 1, "quarantined": 1, "duplicates": 1, "coded": 1, "failed": 0},
    "reasons": {"wrong_encoding": 1},
}
METRICS = {
    "days": 30,
    "reviewed": 4,
    "accepted": 8,
    "rejected": 1,
    "replaced": 1,
    "added": 2,
    "acceptance": 0.8,
    "by_code": [
        {"code": "R07.9", "description": "Chest pain", "accepted": 0, "rejected": 1, "replaced": 0, "precision": 0.0},
        {"code": "I10", "description": "Hypertension", "accepted": 8, "rejected": 0, "replaced": 1, "precision": 8 / 9},
    ],
    "by_model": [{"model_version": "2026.11", "reviewed": 4, "acceptance": 0.8}],
    "batches": 2,
    "notes": 40,
    "codes": 900,
    "auto_rate": 0.5,
    "code_mix": [{"chapter": "Circulatory", "share": 0.6, "reference_share": 0.4, "training_share": 0.1}],
    "drift": 0.3,
    "training_drift": {
        "billed": 0.27,
        "mentioned": 0.04,
        "characters": 0.126,
        "entities": None,
        "unknown_words": 1.5,
        "sources": {"synthetic encounters": 400},
        "batches": 2,
        "auto_rate": 0.65,
    },
    "model_version": "2026.11",
    "code_set_release": "2026-04-01",
    "mlflow_url": None,
}


class FakeApi:
    """Answers like the API, remembers what it was asked, and is down while `down` is set."""

    def __init__(self):
        self.down = False
        self.answer = ANSWER
        self.batch_now = BATCH
        self.listed = [BATCH]
        self.now = METRICS
        self.earlier = []
        self.asked = []

    def _ask(self, *asked):
        if self.down:
            raise ApiUnreachable("Nothing answers at http://api.test (ConnectError). Is `make run` still up?")
        self.asked.append(asked)

    def last(self, name):
        return next(asked for asked in reversed(self.asked) if asked[0] == name)

    def code_note(self, text, **more):
        self._ask("code_note", text, more)
        return self.answer

    def reviews(self, note_id):
        self._ask("reviews", note_id)
        return {"reviews": self.earlier}

    def review(self, note_id, reviewer, decisions, **more):
        self._ask("review", note_id, reviewer, decisions, more)
        return {"review_id": "review-1", "created": "2026-11-24T09:00:00+00:00", "decisions": len(decisions)}

    def code(self, code):
        self._ask("code", code)
        if code not in CODES:
            raise ApiRefused(404, "There is no such code in ICD-10-CM FY2026.")
        return CODES[code]

    def chapters(self):
        self._ask("chapters")
        return {"chapters": [CHAPTER]}

    def search(self, words):
        self._ask("search", words)
        found = [] if words == "xyzzy" else [{**I15, "matched": "renovascular hypertension", "score": 0.9}]
        return {"query": words, "codes": found}

    def create_batch(self, files, name=None):
        self._ask("create_batch", files, name)
        return {"id": "batch-1", "uploads": [{"file": file, "url": "http://s3.test/" + file} for file in files]}

    def upload(self, target, content):
        self._ask("upload", target["file"], content)

    def batches(self, limit, next_page):
        self._ask("batches", next_page)
        return {"batches": self.listed}

    def batch(self, batch_id):
        self._ask("batch", batch_id)
        return self.batch_now

    def results(self, batch_id, file_format):
        self._ask("results", batch_id, file_format)
        return {"files": [{"name": f"shard-0.{file_format}", "url": "http://s3.test/shard-0", "bytes": 2_000}]}

    def download(self, url, target):
        self._ask("download", url)
        target.write(json.dumps(ANSWER).encode() + b"\n")

    def quarantine(self, batch_id):
        self._ask("quarantine", batch_id)
        return {"records": [{"file": "scan.txt", "reason": "wrong_encoding"}]}

    def metrics(self, days):
        self._ask("metrics", days)
        return self.now


def press(app, label):
    """Press the button that says `label` (or its help, where it has only an icon)."""
    (button,) = [each for each in app.button if label in (each.label, each.help)]
    return button.click().run()


def texts(app):
    """All that a page says, as one text."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.info,
        app.warning,
        app.error,
        app.success,
    )
    return "\n".join(str(element.value) for kind in kinds for element in kind)
