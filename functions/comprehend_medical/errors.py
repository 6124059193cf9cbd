"""Errors by the names that Comprehend Medical and AWS's JSON protocol give them. None repeats what the caller sent."""

from __future__ import annotations

from http import HTTPStatus

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import BotoCoreError, ClientError

_STATUS = {
    "MissingAuthenticationTokenException": HTTPStatus.FORBIDDEN,
    "IncompleteSignatureException": HTTPStatus.FORBIDDEN,
    "InvalidSignatureException": HTTPStatus.FORBIDDEN,
    "UnrecognizedClientException": HTTPStatus.FORBIDDEN,
    "ResourceNotFoundException": HTTPStatus.NOT_FOUND,
    "TooManyRequestsException": HTTPStatus.TOO_MANY_REQUESTS,
    "InternalServerException": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ServiceUnavailableException": HTTPStatus.SERVICE_UNAVAILABLE,
}
# How S3, DynamoDB, Step Functions and Lambda say that they are called too often.
_THROTTLED = {
    "ExecutionLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "ThrottlingException",
    "TooManyRequestsException",
}


class ServiceError(Exception):
    """A request that cannot be answered.

    Parameters
    ----------
    name
        AWS's name of the error, which boto3 makes an exception of.
    message
        What is wrong and what to do about it, in words that hold nothing of the note.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message

    @property
    def status(self) -> HTTPStatus:
        """HTTP status: 400 where the error has none of its own."""
        return _STATUS.get(self.name, HTTPStatus.BAD_REQUEST)

    @classmethod
    def of(cls, error: Exception) -> ServiceError:
        """Return the error that the caller sees where `error` stopped us."""
        if isinstance(error, cls):
            return error
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in _THROTTLED:
            return cls("TooManyRequestsException", "Too many requests at once. Try again.")
        if isinstance(error, BotoCoreError | GetParameterError):
            return cls("ServiceUnavailableException", "A service behind this one cannot be reached. Try again.")
        return cls("InternalServerException", "The request failed on our side. Try again.")


def invalid(message: str) -> ServiceError:
    """Return an ``InvalidRequestException``."""
    return ServiceError("InvalidRequestException", message)
