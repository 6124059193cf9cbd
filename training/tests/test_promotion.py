import pytest

from chartcode.artefact import MANIFEST, locate, read_manifest
from training import promotion

CODIESP, ACI = promotion.DECIDING


@pytest.fixture
def champion(tmp_path):
    def write(**metrics):
        manifest = read_manifest(locate()).model_copy(update={"metrics": metrics})
        (tmp_path / MANIFEST).write_text(manifest.model_dump_json())
        return tmp_path

    return write


def candidate(**metrics):
    return read_manifest(locate()).model_copy(update={"metrics": metrics})


@pytest.mark.parametrize(
    ("old", "new", "promoted"),
    [
        ({CODIESP: 0.6}, {CODIESP: 0.61}, True),
        ({CODIESP: 0.6}, {CODIESP: 0.6}, False),
        ({CODIESP: 0.6, ACI: 0.4}, {CODIESP: 0.61, ACI: 0.3}, False),
        ({CODIESP: 0.6, ACI: 0.4}, {CODIESP: 0.61}, True),  # compared on what both know
        ({CODIESP: 0.6}, {ACI: 0.9}, False),
    ],
)
def test_only_the_better_one_is_promoted(champion, old, new, promoted):
    assert promotion.decide(candidate(**new), champion(**old))[0] is promoted


def test_the_first_one_is_promoted(tmp_path):
    assert promotion.decide(candidate(), tmp_path) == (True, "There was no champion.")
