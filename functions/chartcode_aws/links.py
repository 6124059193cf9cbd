"""Presigned S3 links: who holds one may use it, until it expires."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS = 3600


@cache
def _client() -> S3Client:
    # Encryption with KMS takes signature version 4; the virtual style names the bucket's own region.
    return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


def upload(bucket: str, key: str) -> str:
    """Return a link to PUT an object; the bucket's default encryption applies."""
    return _client().generate_presigned_url("put_object", {"Bucket": bucket, "Key": key}, ExpiresIn=SECONDS)


def download(bucket: str, key: str, name: str) -> str:
    """Return a link to GET an object, which browsers save under `name`."""
    disposition = f'attachment; filename="{name}"'
    parameters = {"Bucket": bucket, "Key": key, "ResponseContentDisposition": disposition}
    return _client().generate_presigned_url("get_object", parameters, ExpiresIn=SECONDS)
