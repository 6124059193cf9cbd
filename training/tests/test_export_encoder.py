import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from chartcode.encoder import Encoder
from training import export_encoder


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    """A BERT with random weights, and a tokenizer that knows single letters."""
    import torch

    folder = tmp_path_factory.mktemp("bert")
    letters = [f"{prefix}{letter}" for prefix in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz0123456789,"]
    vocabulary = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_the_exported_encoder_stays_close_to_the_original(tiny_bert, tmp_path):
    export_encoder.export(str(tiny_bert), tmp_path)
    assert export_encoder.parity(str(tiny_bert), tmp_path) > 0.98
    # Not because all vectors are alike.
    vectors = export_encoder.pooled_exported(tmp_path, ("hypertension", "xyz 123"))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] < 0.97
    assert Encoder.load(tmp_path).width == 32


def test_the_same_export_twice_has_the_same_bytes(tiny_bert, tmp_path):
    for name in ("a", "b"):
        export_encoder.export(str(tiny_bert), tmp_path / name)
    first, again = ((tmp_path / name / "encoder.onnx").read_bytes() for name in ("a", "b"))
    assert first == again
