"""``make audit``: known vulnerabilities of the locked packages that are deployed, by pip-audit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from local.settings import ROOT

# What runs in production: the Lambda layer, the workbench, and the container of `chartcode serve`.
GROUPS = ("runtime", "workbench", "serve")
# Advisories that do not concern us, each with its reason.
IGNORED: dict[str, str] = {}
UNREACHABLE = ("ConnectionError", "ServiceError", "ConnectTimeout", "ReadTimeout")
FOUND, UNREACHED, NOT_AUDITED = 1, 3, 4


class NotAudited(Exception):  # noqa: N818  (what happened)
    """A package was not looked up."""

    code = NOT_AUDITED


class Unreachable(NotAudited):
    """The advisory database cannot be reached."""

    code = UNREACHED


def export(group: str) -> Path:
    """Write the locked requirements of a group, with hashes, and return the file."""
    file = ROOT / ".build" / f"audit-{group}.txt"
    file.parent.mkdir(exist_ok=True)
    command = [ROOT / ".venvs" / "uv" / "bin" / "uv", "export", "--frozen", "--quiet", "--only-group", group]
    subprocess.run([*command, "--no-emit-project", "--output-file", file], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return file


def audit(requirements: Path) -> list[str]:
    """Return a line for each vulnerability of the pinned packages in a file.

    Raises
    ------
    NotAudited
        If a package could not be looked up; never a false "none found".
    """
    command = [ROOT / ".venvs" / "cli" / "bin" / "pip-audit", "--requirement", requirements, "--disable-pip"]
    command += ["--require-hashes", "--strict", "--vulnerability-service", "osv", "--format", "json"]
    command += [part for advisory in IGNORED for part in ("--ignore-vuln", advisory)]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.strip():
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        if any(name in done.stderr for name in UNREACHABLE):
            raise Unreachable("the advisory database cannot be reached from here")
        raise NotAudited(last)
    return [
        f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version'}"
        for package in json.loads(done.stdout)["dependencies"]
        for vulnerability in package.get("vulns", [])
    ]


def main() -> int:
    """Audit every group, and print what was found; non-zero unless all was looked up and nothing found."""
    codes = {0}
    for advisory, reason in IGNORED.items():
        print(f"Ignored {advisory}: {reason}")
    for group in GROUPS:
        try:
            found = audit(export(group))
        except NotAudited as error:
            print(f"{group}: NOT AUDITED, {error}.")
            codes.add(error.code)
        else:
            print("\n".join(f"{group}: {line}" for line in found) or f"{group}: no known vulnerability")
            codes.add(FOUND if found else 0)
    if UNREACHED in codes and os.environ.get("OFFLINE") == "1":
        print("OFFLINE=1: this is taken for a success. Run `make audit` again where the database can be reached.")
        codes.remove(UNREACHED)
    return next((code for code in (FOUND, NOT_AUDITED, UNREACHED) if code in codes), 0)


if __name__ == "__main__":
    sys.exit(main())
