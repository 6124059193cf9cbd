"""Write the model card from the manifest of an artefact."""

from __future__ import annotations

from pathlib import Path

from chartcode.artefact import Manifest

_TEMPLATE = """# Model card: Chartcode coder {version}

Written by `make train` from the artefact's manifest; do not edit.

- **Task**: ICD-10-CM codes of a clinical note in English, each with the words that justify it.
- **Code set**: {code_set}, released {code_set_release} (CDC/NCHS, public domain), from simple-icd-10-cm.
- **Encoder**: {encoder}, all-MiniLM-L6-v2 weights (Apache-2.0) unless another was named; ONNX int8.
- **Trees**: XGBoost over the candidates of three retrievers (learned phrases, words, encoder), served as ONNX.
- **Entity threshold**: {entity_threshold}, chosen by cross-validation on the training notes.
- **Size**: {size:.1f} MB.

## Data

{synthetic_notes} synthetic notes (generated, no patient), and {codiesp_notes} training notes of CodiEsp in English
machine translation: Miranda-Escalada et al., *Overview of automatic clinical coding: annotations, guidelines, and
solutions for non-English clinical cases at CodiEsp track of CLEF eHealth 2020*, CC BY 4.0. The phrase lexicon and
the trees are learned from it. CodiEsp codes every mention, negated and family ones too: it trains the mention
level, never the billing level.

## Measured on development sets

| set, level, codes | micro F1 | precision | recall | macro F1 | MAP |
|---|---|---|---|---|---|
{rows}

The sets are described in the README. A threshold is never chosen on the figure reported.

## Limits

- English only. Mention-level training text is machine-translated case reports, not US notes.
- What is billed is decided by rules over sections and assertion; no certified coder has reviewed it.
- A suggestion for a coder to review, not for unattended billing; not a medical device.
"""


def write(manifest: Manifest, path: Path) -> None:
    """Write the model card of `manifest` to `path`."""
    groups = sorted({name.rsplit(".", 1)[0] for name in manifest.metrics})
    rows = "\n".join(
        f"| {group.replace('.', ', ')} | "
        + " | ".join(
            f"{manifest.metrics[f'{group}.{name}']:.3f}"
            for name in ("micro_f1", "micro_precision", "micro_recall", "macro_f1", "map")
        )
        + " |"
        for group in groups
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _TEMPLATE.format(
            **manifest.model_dump(include={"version", "code_set", "code_set_release", "encoder", "entity_threshold"}),
            synthetic_notes=manifest.training["synthetic_notes"],
            codiesp_notes=manifest.training["codiesp_notes"],
            size=sum(file.size for file in manifest.files.values()) / 1e6,
            rows=rows,
        ),
        encoding="utf-8",
    )
