"""The signature of the checksums: ECDSA on P-256 with SHA-256, which OpenSSL, LibreSSL and cosign verify.

It is deterministic (RFC 6979), so that the same release has the same signature.
"""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .tools import ReleaseError

PUBLIC_KEY = "release.pub"


def generate_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key."""
    return ec.generate_private_key(ec.SECP256R1())


def load_key(file: Path, password: str = "") -> ec.EllipticCurvePrivateKey:
    """Load the private key of the project.

    Args:
        file: the key in PEM.
        password: password of the key; empty if it has none.

    Raises:
        ReleaseError: it cannot be read, or is no key on the curve P-256.
    """
    try:
        key = serialization.load_pem_private_key(
            file.read_bytes(), password=password.encode() or None
        )
    except (OSError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"the key {file} cannot be read: {error}; the password is that of SIGNING_KEY_PASSWORD"
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ReleaseError(
            f"{file} is no key on the curve P-256; make one: "
            "openssl ecparam -name prime256v1 -genkey -noout -out release.key"
        )
    return key


def sign(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write the signature of a file in Base64 beside it, as ``.sig``, and the public key.

    Args:
        file: the file.
        key: the private key.
    """
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    signature = key.sign(file.read_bytes(), algorithm)
    file.with_name(f"{file.name}.sig").write_bytes(base64.b64encode(signature) + b"\n")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    file.with_name(PUBLIC_KEY).write_bytes(public)
