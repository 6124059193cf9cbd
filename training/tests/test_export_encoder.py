import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from chartcode.encoder import Encoder
from chartcode.features import NOTE_FEATURES
from training import export_encoder


def random_bert(folder, vocabulary_size, **shape):
    """Save a BERT with random weights, and a tokenizer that knows single letters."""
    import torch

    letters = [f"{prefix}{letter}" for prefix in ("", "##") for letter in "abcdefghijklmnopqrstuvwxyz0123456789,"]
    vocabulary = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters])}
    vocabulary |= {f"[unused{i}]": i for i in range(len(vocabulary), vocabulary_size)}
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(vocabulary), **shape)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory):
    return random_bert(
        tmp_path_factory.mktemp("bert"),
        0,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )


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


def test_an_encoder_of_clinical_berts_architecture_goes_the_same_way(tmp_path):
    # Bio_ClinicalBERT: BERT base (12 layers of 768), 28,996 word pieces; here with random weights.
    source = random_bert(tmp_path / "bert", 28_996)
    export_encoder.export(str(source), tmp_path / "onnx")
    assert (tmp_path / "onnx" / export_encoder.MODEL_FILE).stat().st_size < 120e6
    assert export_encoder.parity(str(source), tmp_path / "onnx") > 0.98
    encoder = Encoder.load(tmp_path / "onnx")
    # The classic design's features: the note's vector and seven numbers of the note.
    assert encoder.width + len(NOTE_FEATURES) == 768 + 7 == 775
