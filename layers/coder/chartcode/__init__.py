"""Clinical note in, ICD-10-CM codes out."""
