"""A test that is a control: which paragraph of 45 CFR asks for it, of which resources, and what would break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

Break = tuple[Any, ...]


@dataclass(frozen=True)
class Control:
    """One control, as docs/hipaa.md shows it."""

    paragraphs: str
    kinds: tuple[str, ...]
    breaks: tuple[Break, ...]
    stages: tuple[str, ...]
    test: Callable[..., None]

    @property
    def rule(self) -> str:
        """The rule's id, as its pack writes it."""
        name = self.test.__name__.removeprefix("test_")
        for pack in ("HIPAA_Security", "Serverless", "Chartcode"):
            if name.startswith(f"{pack}_"):
                return f"{pack.replace('_', '.')}-{name.removeprefix(f'{pack}_')}"
        return name

    @property
    def module(self) -> str:
        """The test module, below tests/infrastructure."""
        return f"{self.test.__module__.rpartition('.')[2]}.py"


# By rule.
CONTROLS: dict[str, Control] = {}


def control(paragraphs: str, *kinds: str, breaks: Break | list[Break], only: str | None = None) -> Any:
    """Make a test a control.

    Parameters
    ----------
    paragraphs
        Paragraphs of 45 CFR 164, with commas.
    kinds
        Types of the resources that it looks at.
    breaks
        Changes (resource, path of a property, value; no value removes it) each of which must fail the test.
    only
        The one stage to which it applies; None for all.
    """

    def register(test: Callable[..., None]) -> Any:
        stages = (only,) if only else ("dev", "prod")
        every = breaks if isinstance(breaks, list) else [breaks]
        found = Control(paragraphs, kinds, tuple(every), stages, test)
        assert CONTROLS.get(found.rule, found).module == found.module, "two controls have one name"
        CONTROLS[found.rule] = found
        return pytest.mark.parametrize("template", stages, indirect=True)(test)

    return register


def controls() -> dict[str, Control]:
    """Return every control of the test modules, by rule."""
    for module in sorted(Path(__file__).parent.glob("test_hipaa_*.py")):
        import_module(f"tests.infrastructure.{module.stem}")
    return CONTROLS
