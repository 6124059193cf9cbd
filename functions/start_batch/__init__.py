"""Uploads become executions."""
