"""The one logger, tracer and metrics of a function. None of them is ever given text of a note."""

from __future__ import annotations

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer

# Most calls have no business metric; that is no news for the log.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger(log_uncaught_exceptions=False)
metrics = Metrics()
# Responses and errors never enter a trace: they could hold what a note says.
tracer = Tracer(patch_modules=[])
