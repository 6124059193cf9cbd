"""A drop-in for Amazon Comprehend Medical's ICD-10-CM operations."""
