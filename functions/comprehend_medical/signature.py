"""Signature Version 4: whether the holder of the credential sent a request, decided by botocore's own signer."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from comprehend_medical.credential import Credential, CredentialStore
from comprehend_medical.errors import ServiceError

SERVICE = "comprehendmedical"
TOLERANCE = dt.timedelta(minutes=5)
# Without these a signature could be sent again elsewhere, later, or for another operation.
_MUST_BE_SIGNED = {"host", "x-amz-date", "x-amz-target"}
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<access_key_id>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request, *SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


class _Signer(SigV4Auth):
    """Botocore's signer, over exactly the headers that the caller signed."""

    def headers_to_sign(self, request: Any) -> Any:
        return request.headers


@dataclass(frozen=True)
class _Signed:
    """What the caller signed, and how."""

    access_key_id: str
    region: str
    timestamp: str
    headers: dict[str, str]
    signature: str
    paths: tuple[str, ...]
    body: bytes

    def fits(self, credential: Credential) -> bool:
        """Return whether `credential` signed it."""
        if not hmac.compare_digest(self.access_key_id.encode(), credential.access_key_id.encode()):
            return False
        key = Credentials(credential.access_key_id, credential.secret_access_key)
        signer = _Signer(key, SERVICE, self.region)
        return any(hmac.compare_digest(self._sign(signer, path), self.signature) for path in self.paths)

    def _sign(self, signer: _Signer, path: str) -> str:
        request = AWSRequest("POST", f"https://{self.headers['host']}{path}", headers=self.headers, data=self.body)
        request.context["timestamp"] = self.timestamp
        return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


def verify(event: APIGatewayProxyEvent, body: bytes, credentials: CredentialStore) -> str:
    """Return the access key ID that this request is signed with.

    Raises
    ------
    ServiceError
        (403) unless the holder of the credential signed it, just now.
    """
    signed = _read(event, body)
    if signed.fits(credentials.current()):
        return signed.access_key_id
    # Not ours, or ours since a rotation.
    newest = credentials.refreshed() or credentials.current()
    if signed.fits(newest):
        return signed.access_key_id
    if signed.access_key_id != newest.access_key_id:
        raise ServiceError("UnrecognizedClientException", "The security token included in the request is invalid.")
    raise _invalid("The signature does not match the request. Check the secret access key.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidSignatureException", message)


def _read(event: APIGatewayProxyEvent, body: bytes) -> _Signed:
    authorization = event.headers.get("authorization")
    if not authorization:
        raise ServiceError("MissingAuthenticationTokenException", "The request is not signed (Signature Version 4).")
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        raise ServiceError("IncompleteSignatureException", "The Authorization header is not Signature Version 4's.")
    if found["service"] != SERVICE:
        raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
    names = found["headers"].split(";")
    if not set(names) >= _MUST_BE_SIGNED:
        raise _invalid(f"These headers must be signed: {', '.join(sorted(_MUST_BE_SIGNED))}.")
    headers = {name: event.headers.get(name) or "" for name in names}
    timestamp = headers["x-amz-date"]
    _check_time(timestamp, found["date"])
    # botocore signs the hash that this header claims, where there is one.
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        raise _invalid("x-amz-content-sha256 is not the hash of the body.")
    return _Signed(found["access_key_id"], found["region"], timestamp, headers, found["signature"], _paths(event), body)


def _check_time(timestamp: str, date: str) -> None:
    try:
        sent = dt.datetime.strptime(timestamp, SIGV4_TIMESTAMP).replace(tzinfo=dt.UTC)
    except ValueError:
        raise _invalid("X-Amz-Date is not a time of the form 20260401T120000Z.") from None
    if not timestamp.startswith(date):
        raise _invalid("Date in Credential scope does not match X-Amz-Date.")
    now = dt.datetime.now(dt.UTC)
    if abs(now - sent) > TOLERANCE:
        raise _invalid(f"Signature expired or not yet current: now it is {now.strftime(SIGV4_TIMESTAMP)} here.")


def _paths(event: APIGatewayProxyEvent) -> tuple[str, ...]:
    """Return the paths under which the caller may have seen us.

    API Gateway says the path with its stage, or with the base path of a custom domain, and drops a slash at its
    end; the local emulator serves the API under a path that it does not say.
    """
    context = event["requestContext"]
    seen = context["path"], f"/restapis/{context['apiId']}/{context['stage']}/_user_request_"
    bases = [path.rstrip("/") for path in (*seen, "/")]
    return tuple(dict.fromkeys(path for base in bases for path in (base or "/", f"{base}/")))
