"""Which engine codes a batch."""
