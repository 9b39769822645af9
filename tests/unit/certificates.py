"""Certificates of the operator."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SCRIPT = Path(__file__).parents[2] / "manifests" / "certificate.sh"

HOST = "sweepjob.sweepjob-system.svc"


def make_secret(namespace: str = "sweepjob-system") -> dict[str, Any]:
    """The Secret that the script prints."""
    command = ["sh", SCRIPT, namespace]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    secret: dict[str, Any] = yaml.safe_load(said.stdout)
    assert secret["metadata"] == {"name": "sweepjob-intake", "namespace": namespace}
    return secret


def make(folder: Path) -> str:
    """A certificate and its key in a folder; returns its authority."""
    texts = {name: base64.b64decode(data) for name, data in make_secret()["data"].items()}
    for name in ("tls.crt", "tls.key"):
        (folder / name).write_bytes(texts[name])
    return texts["ca.crt"].decode()


def make_expired(folder: Path) -> str:
    """A certificate that expired yesterday, and its key; returns itself, which it is signed by."""
    return make_self_signed(folder, datetime.now(UTC) - timedelta(days=1))


def make_self_signed(folder: Path, expires: datetime) -> str:
    """A certificate and its key; returns itself, which it is signed by."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = _signed(key, "intake", expires, key, "intake", is_authority=False)
    _write(folder, made, key)
    return made.decode()


def make_signed(folder: Path, expires: datetime, authority_expires: datetime) -> str:
    """A certificate and its key; returns the authority that it is signed by."""
    key, authority_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed(
        authority_key, "authority", authority_expires, authority_key, "authority", is_authority=True
    )
    made = _signed(key, "intake", expires, authority_key, "authority", is_authority=False)
    _write(folder, made, key)
    return authority.decode()


def _signed(
    key: ec.EllipticCurvePrivateKey,
    subject: str,
    expires: datetime,
    issuer_key: ec.EllipticCurvePrivateKey,
    issuer: str,
    *,
    is_authority: bool,
) -> bytes:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in (issuer, subject)]
    made = (
        x509.CertificateBuilder(*names, key.public_key(), x509.random_serial_number())
        .not_valid_before(expires - timedelta(days=30))
        .not_valid_after(expires)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    )
    if is_authority:
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _write(folder: Path, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.key").write_bytes(key.private_bytes(*form))
    (folder / "tls.crt").write_bytes(certificate)
