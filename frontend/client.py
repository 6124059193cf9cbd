"""The workbench's one way to the API: typed calls, and errors that a coder can act on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import httpx

# A cold Lambda loads the encoder and the term index before it answers.
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class ApiError(Exception):
    """The API could not answer; the message says what to do next and never holds note text."""


@dataclass(frozen=True)
class ApiClient:
    """Calls Chartcode's REST API.

    Parameters
    ----------
    url
        Base URL of the deployed stage, without a trailing slash.
    api_key
        API Gateway key, sent as ``x-api-key``.
    transport
        Replaces the network in tests.
    """

    url: str
    api_key: str
    transport: httpx.BaseTransport | None = None

    @classmethod
    def from_environment(cls) -> ApiClient:
        """Client for ``CHARTCODE_API_URL`` and ``CHARTCODE_API_KEY``.

        Raises
        ------
        ApiError
            If the URL is not set.
        """
        url = os.environ.get("CHARTCODE_API_URL", "").rstrip("/")
        if not url:
            raise ApiError("No API is configured. Start the app with `make run`, or set CHARTCODE_API_URL.")
        return cls(url=url, api_key=os.environ.get("CHARTCODE_API_KEY", ""))

    def code_note(self, text: str, age: float | None = None, sex: str | None = None) -> dict[str, Any]:
        """Return the answer of ``POST /v1/codes`` for one note."""
        body = {"text": text, "age": age, "sex": sex}
        return self._request("POST", "/v1/codes", json={k: v for k, v in body.items() if v is not None})

    def code(self, code: str) -> dict[str, Any]:
        """Return the answer of ``GET /v1/codes/{code}``: description, hierarchy and instructional notes."""
        return self._request("GET", f"/v1/codes/{code}")

    def model(self) -> dict[str, Any]:
        """Return the answer of ``GET /v1/model``: model version and code-set release."""
        return self._request("GET", "/v1/model")

    def _request(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        headers = {"x-api-key": self.api_key, "accept": "application/json"}
        try:
            with httpx.Client(timeout=TIMEOUT, transport=self.transport) as client:
                response = client.request(method, self.url + path, headers=headers, **kwargs)
            answer = response.json()
        except httpx.HTTPError as error:
            raise ApiError(
                f"The API at {self.url} does not answer. Is `make run` still up? ({type(error).__name__})"
            ) from None
        except ValueError:
            raise ApiError(f"The API answered {response.status_code} without JSON. Check its address.") from None
        if response.is_error:
            detail = answer.get("detail") or answer.get("title") or "no reason given"
            raise ApiError(f"The API refused the request ({response.status_code}): {detail}")
        return dict(answer)
