"""``make layers``: build the layers for the Lambda target without Docker, and hold them against Lambda's limit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / ".build" / "layers"
LAYERS = {"CoderLayer": "coder", "RuntimeLayer": "runtime", "ModelLayer": "model"}
# Code and layers of a function, unzipped (AWS Lambda quotas).
LIMIT = 262_144_000


def size(folder: Path) -> int:
    """Return the bytes of all files under `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def build(layer: str, folder: str) -> Path:
    """Build one layer with the makefile that `sam build` runs, and return where it lies."""
    target = OUTPUT / layer
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    path = f"{ROOT / '.venvs' / 'uv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command = ["make", "--silent", "-C", str(ROOT / "layers" / folder), f"build-{layer}", f"ARTIFACTS_DIR={target}"]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    return target


def main() -> int:
    """Build every layer, print the sizes, and fail over the limit."""
    sizes = {layer: size(build(layer, folder)) for layer, folder in LAYERS.items()}
    sizes["functions"] = size(ROOT / "functions")
    total = sum(sizes.values())
    for name, value in {**sizes, "total, unzipped": total}.items():
        sys.stdout.write(f"{name:16} {value / 1e6:7.1f} MB\n")
    sys.stdout.write(f"{total / LIMIT:.0%} of Lambda's limit of {LIMIT:,} bytes\n")
    return int(total > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
