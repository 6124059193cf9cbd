"""Requests signed with Signature Version 4, for an API that IAM authorizes (``ApiAuth=iam``).

``CHARTCODE_API_AUTH=frontend.signing:IamAuth`` chooses it, for the workbench and for ``chartcode batch``.
"""

from __future__ import annotations

from collections.abc import Generator

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

from chartcode.client import ApiError

SERVICE = "execute-api"
# A proxy may change any other header on the way.
SIGNED = ("host", "content-type")


class IamAuth(httpx.Auth):
    """Signs with the credentials that AWS's SDKs would find: environment, profile, or the instance's role.

    Raises
    ------
    ApiError
        If there are no credentials, or no region.
    """

    requires_request_body = True

    def __init__(self) -> None:
        session = Session()
        self._credentials = session.get_credentials()
        self._region = session.get_config_variable("region")
        if self._credentials is None or self._region is None:
            raise ApiError("No AWS credentials or region to sign with. Set AWS_PROFILE and AWS_DEFAULT_REGION.")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request; credentials that expire are fetched again in time."""
        # httpx writes a space in a query as a plus, Signature Version 4 as %20.
        request.url = request.url.copy_with(query=request.url.query.replace(b"+", b"%20"))
        headers = {name: request.headers[name] for name in SIGNED if name in request.headers}
        signed = AWSRequest(request.method, str(request.url), headers=headers, data=request.content)
        SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request
