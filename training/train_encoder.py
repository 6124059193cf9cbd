"""``make train-encoder``: tune a BERT encoder on the wordings of ICD-10-CM codes, and export it to ONNX int8.

Contrastive, after SapBERT (Liu et al. 2021, doi:10.18653/v1/2021.naacl-main.334): within a batch, the pooled vector
of a wording is drawn to another wording of its code and away from all others (InfoNCE, both directions). A wording
that stands in a sentence is pooled from that sentence, as it is when notes are coded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import mlflow
import typer
from rich.progress import track

from training import export_encoder, registry
from training.encoder_pairs import PairSampler, Wording

WORK = Path(".local/training/encoder")
TEMPERATURE = 0.05
LEARNING_RATE = 5e-5
WARMUP = 0.06
LONGEST = 64
CHUNK = 96


def _pooled(model: Any, tokenizer: Any, wordings: list[Wording]) -> Any:
    """Return unit vectors, float32 [wordings, width]: the mean over the word pieces of each wording.

    Wordings of like length go through the encoder together, so that little of it works on padding.
    """
    import torch

    order = sorted(range(len(wordings)), key=lambda i: len(wordings[i].text))
    parts = [order[start : start + CHUNK] for start in range(0, len(order), CHUNK)]
    pooled = torch.cat([_pooled_chunk(model, tokenizer, [wordings[i] for i in part]) for part in parts])
    return pooled[torch.tensor(order).argsort()]


def _pooled_chunk(model: Any, tokenizer: Any, wordings: list[Wording]) -> Any:
    import torch

    batch = tokenizer(
        [each.text for each in wordings],
        padding=True,
        truncation=True,
        max_length=LONGEST,
        return_tensors="pt",
        return_offsets_mapping=True,
    )
    offsets = batch.pop("offset_mapping")
    begins = torch.tensor([[each.begin] for each in wordings])
    ends = torch.tensor([[each.end] for each in wordings])
    # Special tokens and padding have the empty offsets (0, 0).
    inside = (offsets[..., 1] > begins) & (offsets[..., 0] < ends) & (offsets[..., 1] > offsets[..., 0])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = model(**batch).last_hidden_state
    mask = inside.unsqueeze(-1).float()
    pooled = (output.float() * mask).sum(1) / mask.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(pooled, dim=-1)


def tune(source: str, folder: Path, steps: int, seed: int) -> list[float]:
    """Tune the encoder at `source`, save it (PyTorch) in `folder`, and return the loss of every step."""
    import torch
    from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

    torch.manual_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(source)
    # Without dropout, which takes half of the time on a CPU: the wordings vary enough.
    model = AutoModel.from_pretrained(source, attn_implementation="eager").eval()
    # Word vectors stay: they are half of the parameters, and the layers above learn the new words from their pieces.
    model.get_input_embeddings().requires_grad_(False)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, int(WARMUP * steps), steps)
    losses = []
    for pairs in track(PairSampler(seed).batches(steps), total=steps, description="Tuning the encoder"):
        terms = [Wording(pair.term, 0, len(pair.term)) for pair in pairs]
        vectors = _pooled(model, tokenizer, [*(pair.wording for pair in pairs), *terms])
        scores = vectors[: len(pairs)] @ vectors[len(pairs) :].T / TEMPERATURE
        own = torch.arange(len(pairs))
        loss = (torch.nn.functional.cross_entropy(scores, own) + torch.nn.functional.cross_entropy(scores.T, own)) / 2
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return losses


def main(
    encoder: Annotated[str, typer.Option(help="Local folder or Hub name of the BERT to start from")] = "",
    steps: Annotated[int, typer.Option(help="Batches of about 150 pairs", min=1)] = 1200,
    seed: Annotated[int, typer.Option(help="Same seed, same batches")] = 7,
    work: Annotated[Path, typer.Option(help="Where the tuned PyTorch model goes")] = WORK,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the ONNX int8 model goes")] = Path(
        "layers/model/artefact"
    ),
    store: Annotated[Path, typer.Option(help="Folder of the MLflow store")] = registry.STORE,
) -> None:
    """Tune, export, quantise, and print the parity report. Then run `make train`, whose vectors depend on it."""
    source = encoder or str(export_encoder.embedded_encoder())
    losses = tune(source, work, steps, seed)
    export_encoder.export(str(work), output)
    parity = export_encoder.parity(str(work), output)
    registry.open_store(store)
    with mlflow.start_run(run_name="encoder"):
        mlflow.log_params({"encoder": encoder or export_encoder.EMBEDDED, "steps": steps, "seed": seed})
        mlflow.log_params({"temperature": TEMPERATURE, "learning_rate": LEARNING_RATE})
        for step in range(0, steps, max(steps // 200, 1)):
            mlflow.log_metric("loss", losses[step], step=step)
        mlflow.log_metric("lowest_parity_cosine", parity)
    last = losses[-50:]
    typer.echo(f"Loss {losses[0]:.3f} → {sum(last) / len(last):.3f}; lowest cosine to PyTorch {parity:.4f}")
    typer.echo(f"{output}: the term vectors no longer fit; run `make train` now.")


if __name__ == "__main__":
    typer.run(main)
