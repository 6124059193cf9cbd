"""Gap: MiniStack's CloudFormation drops BucketEncryption and LifecycleConfiguration of a bucket."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]


def _child(parent: Element, name: str, text: Any = None) -> Element:
    child = SubElement(parent, name)
    if text is not None:
        child.text = str(text)
    return child


def encryption_xml(properties: Properties) -> bytes:
    """Return CloudFormation's BucketEncryption as S3's ServerSideEncryptionConfiguration."""
    root = Element("ServerSideEncryptionConfiguration", xmlns=s3.S3_NS)
    for rule in properties.get("ServerSideEncryptionConfiguration") or []:
        by_default = rule.get("ServerSideEncryptionByDefault") or {}
        element = _child(root, "Rule")
        applied = _child(element, "ApplyServerSideEncryptionByDefault")
        _child(applied, "SSEAlgorithm", by_default.get("SSEAlgorithm", "AES256"))
        if by_default.get("KMSMasterKeyID"):
            _child(applied, "KMSMasterKeyID", by_default["KMSMasterKeyID"])
        _child(element, "BucketKeyEnabled", str(rule.get("BucketKeyEnabled", False)).lower())
    return bytes(tostring(root, encoding="utf-8"))


def lifecycle_xml(properties: Properties) -> bytes:
    """Return CloudFormation's LifecycleConfiguration as S3's."""
    root = Element("LifecycleConfiguration", xmlns=s3.S3_NS)
    for number, rule in enumerate(properties.get("Rules") or []):
        element = _child(root, "Rule")
        _child(element, "ID", rule.get("Id", f"rule-{number}"))
        _child(_child(element, "Filter"), "Prefix", rule.get("Prefix", ""))
        _child(element, "Status", rule.get("Status", "Enabled"))
        if "ExpirationInDays" in rule:
            _child(_child(element, "Expiration"), "Days", rule["ExpirationInDays"])
        for name, field in (
            ("NoncurrentVersionExpiration", "NoncurrentDays"),
            ("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
        ):
            if name in rule:
                _child(_child(element, name), field, rule[name][field])
    return bytes(tostring(root, encoding="utf-8"))


def apply() -> None:
    """Install the bridge."""
    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("BucketEncryption", encryption_xml, s3._put_bucket_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", lifecycle_xml, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
    )
