"""Codes the shards of a batch."""
