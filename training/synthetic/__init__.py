"""Labelled synthetic notes in the style of US visit notes. They hold no patient: everything is drawn at random."""

from training.synthetic.generator import Generator, SyntheticNote
from training.synthetic.phrases import Phrase, phrases

__all__ = ["Generator", "Phrase", "SyntheticNote", "phrases"]
