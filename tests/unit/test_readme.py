"""The README and `make help` must not promise commands that do not exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_every_make_target_named_in_the_readme_exists():
    named = set(re.findall(r"`make ([a-z0-9-]+)|^make ([a-z0-9-]+)", README, flags=re.MULTILINE))
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, flags=re.MULTILINE))
    wanted = {first or second for first, second in named}
    assert wanted
    assert wanted <= targets


def test_every_file_linked_from_the_readme_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing
