import pytest
from fake_api import BATCH, press, texts

from frontend import batches
from frontend.batch_view import note_rows, progress, size


def test_no_batches_yet_says_how_to_start_one(open_page, api):
    api.listed = []
    assert "start one with the sample files" in open_page("batches").info[0].value


def test_a_batch_wants_files(open_page, api):
    app = press(open_page("batches"), "Start batch")
    assert "Choose at least one file" in app.warning[0].value


def test_sample_files_are_uploaded_and_the_batch_is_opened(open_page, api):
    app = press(open_page("batches"), "Start one with the sample files")
    assert app.query_params["batch"] == "batch-1"
    _, files, name = api.last("create_batch")
    assert "clinic_visit.txt" in files and name == "Samples"
    assert {asked[1] for asked in api.asked if asked[0] == "upload"} == set(files)


def test_past_batches_are_listed_in_words(open_page):
    row = open_page("batches").dataframe[0].value.iloc[0].to_dict()
    assert row == {
        "Batch": "Monday",
        "Created": "2026-11-24 09:05 UTC",
        "Status": "Finished, some records were not coded",
        "Files": 2,
        "Coded": 1,
        "Not coded": 1,
    }


def test_an_ended_batch_shows_its_codes_and_why_records_were_not_coded(open_page):
    app = open_page("batches", batch="batch-1")
    assert not app.exception
    quarantined, notes = (frame.value.iloc[0].to_dict() for frame in app.dataframe)
    assert list(notes["Codes"]) == ["E11.40", "I10"]
    assert (notes["Note"], notes["To review"], notes["Least sure"]) == ("visit-1", 1, "62%")
    assert quarantined == {
        "File": "scan.txt",
        "Record": "whole file",
        "Why, and what to do": "The file is not UTF-8. Save it as UTF-8.",
    }
    assert {metric.label: metric.value for metric in app.metric}["Quarantined"] == "1"


def test_results_are_fetched_once_and_links_only_when_they_are_asked_for(open_page, api):
    open_page("batches", batch="batch-1").run()
    assert [asked[0] for asked in api.asked].count("download") == 1
    assert ("results", "batch-1", "csv") not in api.asked


def test_a_running_batch_shows_its_progress(open_page, api):
    api.batch_now = {**BATCH, "status": "IN_PROGRESS", "counts": {"read": 10, "accepted": 8, "coded": 2}}
    app = open_page("batches", batch="batch-1")
    assert not app.exception
    assert "follows the batch by itself" in texts(app)
    assert not app.dataframe


def test_a_batch_that_waits_names_the_files_it_waits_for(open_page, api):
    api.batch_now = {**BATCH, "status": "WAITING_FOR_UPLOAD", "counts": {}, "missing_files": ["b.txt"]}
    assert "Not uploaded yet: b.txt" in open_page("batches", batch="batch-1").warning[0].value


@pytest.mark.parametrize(
    ("error", "words"), [("States.Timeout", "start it again"), ("BatchTooLarge", "divide them over several batches")]
)
def test_a_failed_batch_says_what_to_do(open_page, api, error, words):
    api.batch_now = {**BATCH, "status": "FAILED", "counts": {}, "error": error}
    assert words in open_page("batches", batch="batch-1").error[0].value


def test_the_api_down_can_be_tried_again(open_page, api):
    api.down = True
    app = open_page("batches")
    assert "make run" in app.error[0].value
    api.down = False
    assert not press(app, "Try again").error


@pytest.mark.parametrize(
    ("status", "counts", "expected"),
    [
        ("WAITING_FOR_UPLOAD", {}, (0.0, "Waiting for the files")),
        ("IN_PROGRESS", {}, (0.05, "Reading 2 files")),
        ("IN_PROGRESS", {"accepted": 8, "coded": 3, "failed": 1}, (0.55, "4 of 8 notes coded")),
    ],
)
def test_progress(status, counts, expected):
    assert progress({"status": status, "counts": counts, "files": 2}) == expected


def test_names_of_files_are_made_fit_for_the_api():
    assert batches.file_names(["a.txt", "Söhne (2).TXT", "a.txt", "x" * 300 + ".csv"]) == [
        "a.txt",
        "S_hne _2_.txt",
        "a-2.txt",
        "x" * 100 + ".csv",
    ]


def test_a_note_without_codes_has_no_least_sure_one():
    assert note_rows([{"id": "n", "codes": []}]) == [{"Note": "n", "Codes": [], "To review": 0, "Least sure": "-"}]


def test_sizes_read_well():
    assert (size(0), size(2_000), size(3_400_000)) == ("0.1 KB", "2.0 KB", "3.4 MB")
