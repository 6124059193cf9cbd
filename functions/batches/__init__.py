"""The REST API of batches."""
