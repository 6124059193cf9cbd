"""``python -m local.emulator``: apply the bridges, then run MiniStack (settings by its environment variables)."""

from __future__ import annotations

import sys
from importlib.metadata import version

from local.emulator import MINISTACK


def main() -> None:
    """Refuse any other release of MiniStack, apply every bridge, and serve."""
    if version("ministack") != MINISTACK:
        sys.exit(f"The bridges fit ministack {MINISTACK}, not {version('ministack')}. Run `make setup`.")
    from ministack.app import main as serve

    from local.emulator import (
        bucket_configuration,
        distributed_map,
        glue_jobs,
        glue_security,
        glue_tasks,
        lambda_runtime,
        queue_batching,
    )

    bridges = (
        glue_jobs,
        glue_security,
        glue_tasks,
        distributed_map,
        lambda_runtime,
        queue_batching,
        bucket_configuration,
    )
    for bridge in bridges:
        bridge.apply()
    serve()


if __name__ == "__main__":
    main()
