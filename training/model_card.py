"""Write the model card from the manifest of an artefact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from chartcode.artefact import Manifest

PHRASES = "doid_phrases_dev.phrases"
_TEMPLATE = """# Model card: Chartcode coder {version}

Written by `make train` from the artefact's manifest; do not edit.

- **Task**: ICD-10-CM codes of a clinical note in English, each with the words that justify it.
- **Code set**: {code_set}, released {code_set_release} (CDC/NCHS, public domain), from simple-icd-10-cm.
- **Encoder**: {encoder}; the all-MiniLM-L6-v2 weights are Apache-2.0; ONNX int8.
- **Trees**: XGBoost, served as ONNX. One model scores the candidates of three retrievers (learned phrases, words,
  encoder); a second decides which of the found codes the encounter reports; rules apply the edits of the guidelines.
- **Thresholds**, by cross-validation on the training notes: a code is mentioned from {entity_threshold}, billed from
  {billing_threshold}, and routed to `auto` instead of `review` from {auto_threshold} (95 % precision on synthetic
  encounters: not a promise for real ones).
- **Size**: {size:.1f} MB.
- **Use**: to propose codes to a coder who reviews them. Not for unattended billing, not for diagnosis.

## Data

- Terms: the titles, inclusion terms and includes notes of the code set; lay terms and an index of {index_terms}
  clinical wordings (`training/index_terms.json`), drafted with a language model, its codes checked against the code
  set by program and its terms reviewed by no certified coder.
- {synthetic_notes} synthetic notes and phrases, and {synthetic_encounters} synthetic encounters for the billing
  level, in the style of US notes: generated from templates, hand-written phrases and the code set's titles. No
  patient is in them.
- {codiesp_notes} training notes of CodiEsp, in English machine translation: Miranda-Escalada et al., *Overview of
  automatic clinical coding: annotations, guidelines, and solutions for non-English clinical cases at CodiEsp track of
  CLEF eHealth 2020*, CC BY 4.0, changed by learning from it. The phrase lexicon (phrases of up to four words, with
  their counts) and the trees come from it. CodiEsp codes every mention, negated and family ones too: it trains the
  mention level, never the billing level.

## Measured on development sets

| set | level | codes | micro F1 (95 % interval) | precision | recall | macro F1 | MAP |
|---|---|---|---|---|---|---|---|
{rows}

{phrases}
`codiesp_dev`: 250 notes of CodiEsp's development set. `aci_icd_dev`: 67 US outpatient notes of ACI-Bench (CC BY 4.0)
with adjudicated codes (CC BY-NC 4.0), never trained on and never shipped. A gold code that is no leaf is met by any
code below it, once. Intervals: bootstrap over notes. Both sets guided development, so held-out figures will be lower.
{calibration}
## Limits

- English only. Mention-level training text is machine-translated case reports and template notes, not US notes.
- The phrase lexicon carries much of the quality on CodiEsp; elsewhere the terms and the encoder must.
- What is billed is learned from synthetic encounters, and edited by rules; no certified coder has reviewed it.
- Codes that the training notes seldom hold are found by their words only; see macro F1.
"""


def write(manifest: Manifest, path: Path) -> None:
    """Write the model card of `manifest` to `path`."""
    known = manifest.model_dump(exclude={"training", "metrics", "files", "created"})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _TEMPLATE.format(
            **known,
            synthetic_notes=manifest.training["synthetic_notes"],
            synthetic_encounters=manifest.training.get("synthetic_encounters", 0),
            codiesp_notes=manifest.training["codiesp_notes"],
            index_terms=manifest.training.get("index_terms", 0),
            phrases=_phrases(manifest.metrics),
            size=sum(file.size for file in manifest.files.values()) / 1e6,
            rows="\n".join(_rows(manifest.metrics)) or "| none was there | | | | | | | |",
            calibration=_calibration(manifest.metrics),
        ),
        encoding="utf-8",
    )


def _rows(metrics: Mapping[str, float]) -> Iterator[str]:
    """Yield a row of the table for each set, level and kind of code (metric ``set.level.codes.measure``)."""
    for group in sorted({name.rsplit(".", 1)[0] for name in metrics if name.count(".") == 3 and PHRASES not in name}):
        f1, low, high, *others = (
            f"{metrics[f'{group}.{name}']:.3f}"
            for name in (
                "micro_f1", "micro_f1_low", "micro_f1_high", "micro_precision", "micro_recall", "macro_f1", "map"
            )
        )  # fmt: skip
        yield f"| {group.replace('.', ' | ')} | {f1} ({low} to {high}) | {' | '.join(others)} |"


def _phrases(metrics: Mapping[str, float]) -> str:
    first, tenth = (metrics.get(f"{PHRASES}.exact.{name}") for name in ("accuracy_at_1", "recall_at_10"))
    if first is None or tenth is None:
        return ""
    return f"Disease phrases (`doid_phrases_dev`, filtered) to codes: accuracy@1 {first:.3f}, recall@10 {tenth:.3f}.\n"


def _calibration(metrics: Mapping[str, float]) -> str:
    errors = [
        f"{metrics[name]:.3f} ({level})"
        for level in ("entities", "billing_synthetic")
        if (name := f"cross_validation.{level}.calibration_error") in metrics
    ]
    if not errors:
        return ""
    return f"\nExpected calibration error of the probabilities shown, in cross-validation: {', '.join(errors)}.\n"
