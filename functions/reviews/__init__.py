"""The REST API of reviews: what coders decided, what can be learned from it, and how the model does."""
