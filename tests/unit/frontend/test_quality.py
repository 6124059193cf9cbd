from fake_api import METRICS, texts

from frontend import charts


def test_the_figures_are_shown_with_what_the_drift_means(open_page, api):
    app = open_page("quality")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric} == {
        "Acceptance": "80%",
        "Reviews": "4",
        "Auto rate": "50%",
        "Notes in batches": "40",
    }
    said = texts(app)
    assert "Large change" in said and "0.30" in said
    assert "Reviewers added 2 codes" in said
    assert "Model **2026.11**" in said
    assert api.last("metrics") == ("metrics", 30)


def test_nothing_measured_yet_says_how_to_begin(open_page, api):
    nothing = {
        "reviewed": 0,
        "notes": 0,
        "acceptance": None,
        "auto_rate": None,
        "drift": None,
        "added": 0,
        "training_drift": None,
    }
    api.now = {**METRICS, **nothing, "by_code": [], "by_model": [], "code_mix": []}
    app = open_page("quality")
    assert not app.exception
    assert "Submit a review" in app.info[0].value
    assert app.metric[0].value == "-"


def test_the_most_reviewed_codes_come_first():
    rows = charts.precision_rows(METRICS["by_code"])
    assert [(row["Code"], row["Reviewed"]) for row in rows] == [("I10 Hypertension", 9), ("R07.9 Chest pain", 1)]


def test_the_mix_is_compared_where_there_is_something_to_compare_it_with():
    nothing = {"reference_share": None, "training_share": None}
    eye, ear = ({"chapter": name, "share": 0.1, **nothing} for name in ("Eye", "Ear"))
    assert [row["Notes"] for row in charts.mix_rows([eye, ear])] == ["All notes of the period"] * 2
    rows = charts.mix_rows([{**eye, "reference_share": 0.3}])
    assert [(row["Notes"], row["Share"]) for row in rows] == [("Newest quarter", 0.1), ("Before", 0.3)]
    _, trained = charts.mix_rows([{**eye, "training_share": 0.2}])
    assert (trained["Notes"], trained["Share"]) == ("Training notes", 0.2)


def test_the_notes_are_compared_with_those_of_training(open_page):
    rows = charts.training_rows(METRICS["training_drift"])
    assert [(row["Index"], row["Change"]) for row in rows] == [
        (0.27, "Large"),
        (0.04, "None"),
        (0.13, "Some"),
        (None, "Too few notes"),
        (1.5, "Large"),
    ]
    app = open_page("quality")
    assert not app.exception
    assert "400 synthetic encounters" in texts(app)
    assert "65%" in texts(app)


def test_the_link_to_mlflow_is_there_where_it_is_set(open_page, monkeypatch):
    monkeypatch.setenv("CHARTCODE_MLFLOW_URL", "http://mlflow.test")
    (link,) = open_page("quality").get("link_button")
    assert link.proto.url == "http://mlflow.test"
