import pytest

from chartcode.artefact import locate, read_manifest
from training import model_card

GROUP = "codiesp_dev.entities.exact"
MEASURES = {
    "micro_f1": 0.61, "micro_f1_low": 0.59, "micro_f1_high": 0.63, "micro_precision": 0.7, "micro_recall": 0.54,
    "macro_f1": 0.3, "map": 0.56,
}  # fmt: skip


def card(tmp_path, metrics):
    model_card.write(read_manifest(locate()).model_copy(update={"metrics": metrics}), tmp_path / "docs" / "card.md")
    return (tmp_path / "docs" / "card.md").read_text()


def test_the_figures_of_the_manifest_are_in_the_table(tmp_path):
    metrics = {f"{GROUP}.{name}": value for name, value in MEASURES.items()}
    text = card(tmp_path, {**metrics, "cross_validation.entities.calibration_error": 0.021})
    assert "| codiesp_dev | entities | exact | 0.610 (0.590 to 0.630) | 0.700 | 0.540 | 0.300 | 0.560 |" in text
    assert "cross-validation: 0.021 (entities)" in text


@pytest.mark.parametrize("owed", ["CC BY 4.0", "Miranda-Escalada", "Apache-2.0"])
def test_the_attributions_are_there(tmp_path, owed):
    assert owed in card(tmp_path, {})


def test_nothing_measured_is_said(tmp_path):
    assert "none was there" in card(tmp_path, {})
