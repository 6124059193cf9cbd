"""Whether a newly trained coder takes the champion's place."""

from __future__ import annotations

from pathlib import Path

from chartcode.artefact import MANIFEST, Manifest, read_manifest

# The measures on the development sets that decide, one for each level; their mean over those known of both coders.
DECIDING = ("codiesp_dev.entities.exact.micro_f1", "aci_icd_dev.codes.exact.micro_f1")


def decide(candidate: Manifest, champion_folder: Path) -> tuple[bool, str]:
    """Return whether `candidate` beats the coder in `champion_folder` (or there is none), and why in words."""
    if not (champion_folder / MANIFEST).is_file():
        return True, "There was no champion."
    champion = read_manifest(champion_folder)
    shared = [name for name in DECIDING if name in candidate.metrics and name in champion.metrics]
    if not shared:
        return False, "Not promoted: no development set (--data) to compare it with the champion."
    new, old = (sum(each.metrics[name] for name in shared) / len(shared) for each in (candidate, champion))
    verdict = "Promoted" if new > old else "Not promoted"
    return new > old, f"{verdict}: mean micro F1 {new:.4f}, champion {champion.version} {old:.4f}."
