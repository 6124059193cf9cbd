import subprocess

import pytest

from training import rollback


@pytest.fixture
def repository(tmp_path):
    """A repository whose third commit ships the first model again, and whose fourth ships a second one."""

    def git(*arguments):
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True)

    folder = tmp_path / rollback.ARTEFACT
    folder.mkdir(parents=True)
    git("init", "--quiet")
    for version, more in (("m1", "a"), ("m0", "b"), ("m1", "c"), ("m2", "d")):
        (folder / "manifest.json").write_text(f'{{\n "version": "{version}", "more": "{more}"\n}}\n')
        git("add", ".")
        git("commit", "--quiet", "--message", more)
    return tmp_path


@pytest.mark.parametrize(("version", "message"), [("m1", "c"), ("m0", "b"), ("m2", "d")])
def test_the_newest_commit_that_ships_a_model_is_found(repository, version, message):
    commit = rollback.commit_of(version, repository)
    assert rollback.git("log", "-1", "--format=%s", commit, repository=repository) == message


def test_a_model_that_was_never_shipped_has_no_commit(repository):
    assert rollback.commit_of("m", repository) is None
