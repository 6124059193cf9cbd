"""``python -m local.emulator``: apply the bridges, then run MiniStack (settings by its environment variables)."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version

from local.emulator import BRIDGES, MINISTACK


def main() -> None:
    """Refuse any other release of MiniStack, apply every bridge, and serve."""
    if version("ministack") != MINISTACK:
        sys.exit(f"The bridges fit ministack {MINISTACK}, not {version('ministack')}. Run `make setup`.")
    from ministack.app import main as serve

    for name in BRIDGES:
        importlib.import_module(f"local.emulator.{name}").apply()
    serve()


if __name__ == "__main__":
    main()
