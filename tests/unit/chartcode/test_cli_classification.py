import json

import pytest
from typer.testing import CliRunner

from chartcode import cli


def run(*arguments):
    return CliRunner().invoke(cli.app, list(arguments), env={"COLUMNS": "200"})


def test_search_prints_a_table_of_codes():
    done = run("search", "ckd", "3", "--limit", "2")
    assert done.exit_code == 0
    assert [name in done.stdout for name in ("N18.30", "N18.9", "N18.32", "CKD 3")] == [True, True, False, True]


def test_search_json():
    done = run("search", "HTN", "--limit", "1", "--json")
    assert json.loads(done.stdout) == {
        "query": "HTN",
        "codes": [
            {
                "code": "I10",
                "description": "Essential (primary) hypertension",
                "billable": True,
                "matched": "HTN",
                "score": 1.0,
            }
        ],
    }


def test_search_that_finds_nothing_says_so():
    done = run("search", "xyzzyplugh", "--json")
    assert (done.exit_code, json.loads(done.stdout)["codes"]) == (1, [])
    assert "No code was found" in done.stderr


def test_explain_shows_the_line_with_its_notes():
    lines = [line.strip(" │├└─") for line in run("explain", "e119").stdout.splitlines()]
    order = [
        "4 Endocrine, nutritional and metabolic diseases (E00-E89)",
        "E08-E13 Diabetes mellitus (E08-E13)",
        "E11 Type 2 diabetes mellitus",
        "Use additional",
        "E11.9 Type 2 diabetes mellitus without complications billable",
        "Excludes1 (never coded together)",
        "type 2 diabetes mellitus, without complications in remission (E11.A)",
    ]
    assert [lines[i] for i in sorted(len(lines) - 1 - lines[::-1].index(line) for line in order)] == order


def test_explain_shows_what_lies_below_and_the_seventh_characters_once():
    category = run("explain", "S72.0").stdout
    assert "S72.001 and a 7th character: A B C D E F G H J K M N P Q R S" in category
    assert "S72.001A" not in category
    assert "I10 Essential (primary) hypertension billable" in run("explain", "I10-I1A").stdout


def test_explain_json():
    found = json.loads(run("explain", "I48.1", "--json").stdout)
    assert [each["code"] for each in found["billable_children"]] == ["I48.11", "I48.19"]


def test_a_code_that_does_not_exist_is_not_found():
    done = run("explain", "Q99.ZZ")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Q99.ZZ is not a code" in done.stderr


@pytest.mark.parametrize("command", ["search", "explain"])
def test_without_a_model_there_is_nothing_to_search(monkeypatch, tmp_path, command):
    monkeypatch.setenv("CHARTCODE_MODEL_DIR", str(tmp_path))
    done = run(command, "I10")
    assert done.exit_code == 2
    assert "make train" in done.stderr
