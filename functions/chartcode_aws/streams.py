"""Objects of S3 that are too large to hold: written piece by piece, with the rights of PutObject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# S3 takes 10,000 parts, of at least 5 MiB but for the last.
PART_BYTES = 8 * 1024 * 1024


def write(client: S3Client, bucket: str, key: str, pieces: Iterable[bytes], content_type: str) -> None:
    """Write an object, two parts of which are held at most; nothing is there before all of it is.

    The lifecycle rule of the bucket takes away what an upload that was broken off leaves behind.
    """
    parts = _parts(pieces)
    first, second = next(parts, b""), next(parts, None)
    if second is None:
        client.put_object(Bucket=bucket, Key=key, Body=first, ContentType=content_type)
        return
    upload = client.create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)["UploadId"]
    tags = [
        client.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=part)["ETag"]
        for number, part in enumerate(chain((first, second), parts), 1)
    ]
    written = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]}
    client.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload=written)


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    part = bytearray()
    for piece in pieces:
        part += piece
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)
