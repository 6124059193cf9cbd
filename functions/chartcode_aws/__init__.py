"""What the functions share: observability, and the places of a batch in S3. The domain lives in `chartcode`."""
