"""Counts and summary of a batch."""
