"""``make hipaa-doc``: write docs/hipaa.md from the controls that the tests hold the template to."""

from __future__ import annotations

from tests.infrastructure.control import Control, controls
from tests.infrastructure.sam import ROOT, Template

FILE = ROOT / "docs" / "hipaa.md"
NAMED = 6
HEAD = """# HIPAA controls

Written by `make hipaa-doc` from `tests/infrastructure/`; do not edit. Each control is a test of its name on the
template as SAM transforms it, for development and production (`samconfig.toml`), or for production alone where it is
marked so. `tests/infrastructure/test_controls.py` breaks the template once or more for each control and expects its
test to fail.

Names: `HIPAA.Security-` and `Serverless-` are rules of cdk-nag, `CKV_` of checkov, those in lower case of AWS's
conformance pack for HIPAA; `Chartcode-` are our own, where none of those packs looks. Paragraphs are of 45 CFR 164.

The template holds the technical safeguards of 164.312 and some of 164.308. What no template can do stays with the
covered entity: a business associate agreement with AWS, risk analysis, training, sanctions, contingency tests.
"""


def _resources(template: Template, control: Control) -> str:
    """Return the resources that a control looks at, by name where they are few."""
    parts = []
    for kind in control.kinds:
        names = sorted(name for name, each in template.resources.items() if each["Type"] == kind)
        if not names:
            parts.append(f"no `{kind}`")
        else:
            parts.append(", ".join(names) if len(names) <= NAMED else f"all {len(names)} `{kind}`")
    return "; ".join(parts)


def render() -> str:
    """Return the document."""
    template = Template.of_stage("prod")
    lines = [HEAD, "## Controls", "", "| control | 45 CFR 164 | resources | stage | test |", "|---|---|---|---|---|"]
    for control in sorted(controls().values(), key=lambda each: (each.module, each.rule)):
        paragraphs = ", ".join(f".{each.strip()}" for each in control.paragraphs.split(","))
        stages = "production" if len(control.stages) == 1 else "all"
        cells = (control.rule, paragraphs, _resources(template, control), stages, f"`{control.module}`")
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Exemptions", "", "In the template's metadata, with their reasons.", ""]
    lines += ["| resource | rule | reason |", "|---|---|---|"]
    for resource, rules in template.suppressions.items():
        lines += [f"| {resource} | {rule} | {reason} |" for rule, reason in rules.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
