"""Identifies the certificate authorities that a pod trusts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----"
)
_DIGITS = 16  # of a fingerprint; enough to tell a few certificates apart


def split_authorities(pem: str) -> dict[str, str]:
    """Return the certificates of a PEM text by their fingerprints.

    Args:
        pem: any number of certificates; what is none is left out.
    """
    found = {}
    for match in _CERTIFICATE.finditer(pem):
        try:
            der = base64.b64decode("".join(match[1].split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        found[hashlib.sha256(der).hexdigest()[:_DIGITS]] = f"{match[0]}\n"
    return found


def join_fingerprints(pem: str) -> str:
    """Return the fingerprints of the certificates of a PEM text, as an annotation has them."""
    return ",".join(split_authorities(pem))


def parse_fingerprints(text: str) -> frozenset[str]:
    """Return the fingerprints of an annotation; none of a Job from before there was one."""
    return frozenset(filter(None, text.split(",")))
