"""The one credential that callers sign with, from Secrets Manager."""

from __future__ import annotations

import os
import time

from aws_lambda_powertools.utilities import parameters
from pydantic import BaseModel, Field

# A rotated secret is no longer taken after this; a new one is, at the first request that it signs.
MAX_AGE_SECONDS = 300
REFRESH_SECONDS = 60


class Credential(BaseModel):
    """What the secret holds."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)


class CredentialStore:
    """The credential, cached, and fetched again early where a request does not fit it."""

    def __init__(self) -> None:
        self._refreshed = float("-inf")

    def current(self) -> Credential:
        """Return the credential as it was at most `MAX_AGE_SECONDS` ago."""
        return self._fetch(force=False)

    def refreshed(self) -> Credential | None:
        """Return the credential as it is now; None if it was asked for less than `REFRESH_SECONDS` ago.

        Without that pause anyone could make every request fetch the secret.
        """
        now = time.monotonic()
        if now - self._refreshed < REFRESH_SECONDS:
            return None
        self._refreshed = now
        return self._fetch(force=True)

    @staticmethod
    def _fetch(*, force: bool) -> Credential:
        name = os.environ["COMPREHEND_SECRET"]
        found = parameters.get_secret(name, transform="json", max_age=MAX_AGE_SECONDS, force_fetch=force)
        return Credential.model_validate(found)
