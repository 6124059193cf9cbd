"""MiniStack with the gaps bridged that this application meets; one module a gap.

Runs in its own environment (``.venvs/emulator``). Each bridge replaces a function of the pinned release, so
another release is refused; ``tests/local`` says when a gap has closed and its bridge can go.
"""

MINISTACK = "1.5.33"
BRIDGES = (
    "api_key_identity",
    "bucket_configuration",
    "distributed_map",
    "event_versions",
    "glue_jobs",
    "glue_security",
    "glue_tasks",
    "lambda_runtime",
    "queue_batching",
    "faults",  # no gap: off but for `make chaos`
)
