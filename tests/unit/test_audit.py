"""`make audit` never takes silence for safety."""

import json
import subprocess

import pytest

from local import audit

CLEAN = {"dependencies": [{"name": "numpy", "version": "2.3.5", "vulns": []}]}
BAD = {
    "dependencies": [{"name": "wrapt", "version": "2.5", "vulns": [{"id": "GHSA-1", "fix_versions": ["2.6", "2.7"]}]}]
}


@pytest.fixture
def answers(monkeypatch, tmp_path):
    """Let pip-audit answer the same for every group."""

    def set_answer(stdout, stderr=""):
        def run(command, **_):
            return subprocess.CompletedProcess(command, 0, stdout, stderr)

        monkeypatch.setattr(audit.subprocess, "run", run)
        monkeypatch.setattr(audit, "export", lambda group: tmp_path / group)

    monkeypatch.delenv("OFFLINE", raising=False)
    return set_answer


def test_no_vulnerability_is_a_success(answers, capsys):
    answers(json.dumps(CLEAN))
    assert audit.main() == 0
    assert capsys.readouterr().out.count("no known vulnerability") == 3


def test_a_vulnerability_fails_even_offline(answers, capsys, monkeypatch):
    monkeypatch.setenv("OFFLINE", "1")
    answers(json.dumps(BAD))
    assert audit.main() == audit.FOUND
    assert "runtime: wrapt 2.5: GHSA-1, fixed in 2.6, 2.7" in capsys.readouterr().out


@pytest.mark.parametrize("stderr", ["requests.exceptions.ConnectionError: no route", "ERROR:pip_audit: skipped", ""])
def test_no_answer_is_not_a_success(answers, stderr, capsys):
    answers("", stderr)
    assert audit.main() in (audit.UNREACHED, audit.NOT_AUDITED)
    assert "NOT AUDITED" in capsys.readouterr().out


def test_offline_forgives_only_that_the_database_cannot_be_reached(answers, monkeypatch):
    monkeypatch.setenv("OFFLINE", "1")
    answers("", "requests.exceptions.ConnectionError: no route")
    assert audit.main() == 0
    answers("", "ERROR:pip_audit: skipped")
    assert audit.main() == audit.NOT_AUDITED
