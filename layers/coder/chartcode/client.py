"""A client of the REST API, for the command line and the workbench; everything else works without it."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Literal, Self
from urllib.parse import quote

import httpx

from chartcode.errors import ChartcodeError

ResultFormat = Literal["json", "csv", "fhir"]

# A cold Lambda loads the encoder and the term index before it answers.
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class ApiError(ChartcodeError):
    """A call brought no answer; the message says what to do next and never holds text of a note."""


class ApiUnreachable(ApiError):  # noqa: N818  (what the API is)
    """No API answers at the address, or what answers there is no Chartcode."""


class ApiRefused(ApiError):  # noqa: N818  (what the API did)
    """The API, or the store of its files, answered with an error.

    Parameters
    ----------
    status
        HTTP status.
    detail
        What the API says is wrong.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"The API refused the request ({status}): {detail}")
        self.status = status
        self.detail = detail


class ApiClient:
    """Every call of the API; each returns the answer's JSON, or raises an `ApiError`.

    Parameters
    ----------
    url
        Base URL of the deployed stage.
    api_key
        API Gateway key, sent as ``x-api-key``; empty where the API wants none.
    transport
        Replaces the network in tests.
    auth
        Authorizes every call of the API (but no upload or download: their addresses are signed already).
    """

    def __init__(
        self,
        url: str,
        api_key: str = "",
        transport: httpx.BaseTransport | None = None,
        auth: httpx.Auth | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._auth = {"auth": auth} if auth else {}
        self._key = {"x-api-key": api_key} if api_key else {}
        self._http = httpx.Client(timeout=_TIMEOUT, transport=transport)

    @classmethod
    def from_environment(cls) -> Self:
        """Return the client for ``CHARTCODE_API_URL``, ``CHARTCODE_API_KEY`` and ``CHARTCODE_API_AUTH``.

        Raises
        ------
        ApiUnreachable
            If the address is not set.
        ApiError
            If what shall authorize the calls cannot.
        """
        url = os.environ.get("CHARTCODE_API_URL", "")
        if not url:
            raise ApiUnreachable("No API is configured. Start one with `make run`, or set CHARTCODE_API_URL.")
        return cls(url, os.environ.get("CHARTCODE_API_KEY", ""), auth=auth_from_environment())

    # ---- notes and codes

    def code_note(self, text: str, *, age: float | None = None, sex: str | None = None, **more: Any) -> dict[str, Any]:
        """Code one note; `more` are the other fields of the request (``id``, ``candidates``)."""
        return self._call("POST", "/v1/codes", json=_known({"text": text, "age": age, "sex": sex, **more}))

    def code_note_fhir(
        self, text: str, *, age: float | None = None, sex: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """Code one note, and return its conditions as a FHIR R4 Bundle."""
        body = _known({"text": text, "age": age, "sex": sex, **more})
        return self._call("POST", "/v1/codes", accept="application/fhir+json", json=body)

    def search(self, words: str, limit: int = 20) -> dict[str, Any]:
        """Search codes by words, abbreviations or the beginning of a code."""
        return self._call("GET", "/v1/codes", params={"q": words, "limit": limit})

    def code(self, code: str) -> dict[str, Any]:
        """Describe a code: its place in the hierarchy and its instructional notes."""
        return self._call("GET", f"/v1/codes/{quote(code, safe='')}")

    def chapters(self) -> dict[str, Any]:
        """List the chapters of the code set."""
        return self._call("GET", "/v1/chapters")

    def model(self) -> dict[str, Any]:
        """Describe the model and the code set that answer."""
        return self._call("GET", "/v1/model")

    # ---- batches

    def create_batch(self, files: Sequence[str], name: str | None = None, engine: str | None = None) -> dict[str, Any]:
        """Create a batch of `files` (names); it starts when each is uploaded to its place in the answer."""
        return self._call("POST", "/v1/batches", json=_known({"name": name, "files": list(files), "engine": engine}))

    def upload(self, target: Mapping[str, Any], content: bytes | BinaryIO) -> None:
        """Upload a file to `target`, one of the ``uploads`` of `create_batch`."""
        self._send(target["method"], target["url"], headers=dict(target["headers"]), content=content, timeout=600)

    def batches(self, limit: int = 20, next_page: str | None = None) -> dict[str, Any]:
        """List batches, the newest first; `next_page` is ``next`` of the page before."""
        return self._call("GET", "/v1/batches", params=_known({"limit": limit, "next": next_page}))

    def batch(self, batch_id: str) -> dict[str, Any]:
        """Describe a batch: its status and counts."""
        return self._call("GET", f"/v1/batches/{quote(batch_id, safe='')}")

    def results(self, batch_id: str, file_format: ResultFormat = "json") -> dict[str, Any]:
        """List the files of a finished batch's results (of all pages), each with an address to download it from."""
        path = f"/v1/batches/{quote(batch_id, safe='')}/results"
        listed = self._call("GET", path, params={"format": file_format})
        while next_page := listed.pop("next", None):
            page = self._call("GET", path, params={"format": file_format, "next": next_page})
            listed = {**page, "files": [*listed["files"], *page["files"]]}
        return listed

    def quarantine(self, batch_id: str) -> dict[str, Any]:
        """List what a batch could not code, with the reasons."""
        return self._call("GET", f"/v1/batches/{quote(batch_id, safe='')}/quarantine")

    def download(self, url: str, target: BinaryIO) -> None:
        """Write what lies at `url`, an address that the API handed out, to `target`."""
        try:
            with self._http.stream("GET", url) as response:
                if response.is_error:
                    raise ApiRefused(
                        response.status_code, "the file cannot be downloaded; its address may have expired."
                    )
                for chunk in response.iter_bytes():
                    target.write(chunk)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(url, error) from None

    # ---- reviews

    def review(
        self, note_id: str, reviewer: str, decisions: Iterable[Mapping[str, Any]], **more: Any
    ) -> dict[str, Any]:
        """Store a coder's decisions on a note; `more` are ``text``, ``request_id`` and ``model_version``."""
        body = {"note_id": note_id, "reviewer": reviewer, "decisions": [dict(each) for each in decisions], **more}
        return self._call("POST", "/v1/reviews", json=_known(body))

    def reviews(self, note_id: str) -> dict[str, Any]:
        """List the reviews of a note, the newest first."""
        return self._call("GET", "/v1/reviews", params={"note_id": note_id})

    def export_reviews(self) -> dict[str, Any]:
        """Export the reviewed notes as training data."""
        return self._call("POST", "/v1/reviews/exports")

    def metrics(self, days: int = 30) -> dict[str, Any]:
        """Return acceptance, code mix and drift over the last `days`."""
        return self._call("GET", "/v1/metrics", params={"days": days})

    # ---- HTTP

    def _call(self, method: str, path: str, accept: str = "application/json", **request: Any) -> dict[str, Any]:
        headers = {"accept": accept, **self._key}
        response = self._send(method, self.url + path, headers=headers, **self._auth, **request)
        try:
            return dict(response.json())
        except (ValueError, TypeError):
            raise ApiUnreachable(
                f"{self.url} answered {response.status_code} without JSON. Check the API's address."
            ) from None

    def _send(self, method: str, url: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, url, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreachable(url, error) from None
        if response.is_error:
            raise _refused(response)
        return response


def auth_from_environment() -> httpx.Auth | None:
    """Return what ``CHARTCODE_API_AUTH`` names, as ``module:class``; None where it is not set.

    Raises
    ------
    ApiError
        If there is no such class, or it cannot authorize.
    """
    name = os.environ.get("CHARTCODE_API_AUTH", "")
    if not name:
        return None
    try:
        factory = pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ApiError(f"CHARTCODE_API_AUTH={name} cannot be imported: {error}.") from None
    auth: httpx.Auth = factory()
    return auth


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _unreachable(url: str, error: Exception) -> ApiUnreachable:
    place = url.split("?")[0]  # the rest of an address of S3 is its signature
    return ApiUnreachable(f"Nothing answers at {place} ({type(error).__name__}). Is `make run` still up?")


def _refused(response: httpx.Response) -> ApiError:
    """Return the error that a response is: a problem has a detail, API Gateway's own errors have a message."""
    try:
        problem = dict(response.json())
    except (ValueError, TypeError):
        return ApiRefused(response.status_code, f"{response.reason_phrase or 'no reason given'}.")
    detail = problem.get("detail") or problem.get("message") or problem.get("title") or "no reason given."
    return ApiRefused(response.status_code, str(detail))
