"""Upload what the workbench's EC2 instance runs: ``python frontend/upload.py RESULTS_BUCKET`` (frontend/hosting.yaml).

The zip holds the packages too, so that the instance needs no package index.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build" / "workbench"
UV = ROOT / ".venvs" / "uv" / "bin" / "uv"
# Amazon Linux 2023.
TARGET = ("--python-platform", "x86_64-manylinux_2_28", "--python-version", "3.11", "--only-binary", ":all:")
KEY = "code/workbench.zip"
# Name in the zip: folder of the repository.
SOURCES = {"frontend": "frontend", "chartcode": "layers/coder/chartcode", "events/notes": "events/notes"}
# By another name Streamlit takes itself for a checkout of its own source, and refuses --server.port.
PACKAGES = "site-packages"
DEPLOYMENT = {"Dockerfile", "hosting.yaml", "upload.py"}


def install_packages() -> Path:
    """Install the locked packages of the group ``workbench`` for the instance, and return their folder."""
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    requirements, packages = BUILD / "requirements.txt", BUILD / PACKAGES
    export = [UV, "export", "--frozen", "--quiet", "--only-group", "workbench", "--no-emit-project"]
    subprocess.run([*export, "--output-file", requirements], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    install = [UV, "pip", "install", "--quiet", "--require-hashes", "--requirement", requirements, *TARGET]
    subprocess.run([*install, "--target", packages], cwd=ROOT, check=True)
    return packages


def files(packages: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file with its name in the zip."""
    folders = {name: ROOT / folder for name, folder in SOURCES.items()} | {PACKAGES: packages}
    for name, folder in folders.items():
        for file in sorted(folder.rglob("*")):
            ours = name != PACKAGES
            if file.is_file() and "__pycache__" not in file.parts and not (ours and file.name in DEPLOYMENT):
                yield file, f"{name}/{file.relative_to(folder)}"


def archive(packages: Path, target: Path) -> Path:
    """Write the zip, and return it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as content:
        for file, name in files(packages):
            content.write(file, name)
    return target


def main(bucket: str) -> None:
    """Build the zip and upload it (multipart; the bucket's default encryption applies)."""
    built = archive(install_packages(), BUILD / "workbench.zip")
    boto3.client("s3").upload_file(str(built), bucket, KEY)
    sys.stdout.write(f"{built.stat().st_size / 1e6:.0f} MB uploaded to s3://{bucket}/{KEY}\n")


if __name__ == "__main__":
    main(sys.argv[1])
