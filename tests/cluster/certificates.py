"""The cluster's certificates and kubeconfigs.

Python 3.13 verifies strictly, and it runs in the pods: the CA carries critical basic constraints and
key usage, and every leaf the identifiers of its subject's and its authority's key.
"""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import layout

_VALID = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate's file name, its subject, and the names it serves under (none: a client)."""

    file: str
    user: str
    group: str = ""
    hosts: tuple[str, ...] = ()


def control_plane() -> list[Identity]:
    names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")
    addresses = (layout.API_ADDRESS, layout.SERVICE_OF_API, "127.0.0.1")
    return [
        Identity("apiserver", "kube-apiserver", hosts=names + addresses),
        Identity("apiserver-kubelet-client", "kube-apiserver", "system:masters"),
        Identity("admin", "admin", "system:masters"),
        Identity("coredns", "coredns", "system:masters"),
        Identity("controller-manager", "system:kube-controller-manager"),
        Identity("scheduler", "system:kube-scheduler"),
        Identity("kube-proxy", "system:kube-proxy"),
        Identity("kwok", "kwok", "system:masters"),
    ]


def of_node(node: layout.Node) -> list[Identity]:
    return [
        Identity(f"kubelet-{node.name}", f"system:node:{node.name}", "system:nodes"),
        Identity(f"serving-{node.name}", node.name, hosts=(node.name, node.address)),
    ]


def issue(pki: Path, identities: list[Identity]) -> None:
    """Write the CA, the service-account key and one pair per identity; what is there stays."""
    pki.mkdir(parents=True, exist_ok=True)
    if not (pki / "ca.crt").exists():
        _write_authority(pki)
        _write_service_account_keys(pki)
    authority = x509.load_pem_x509_certificate((pki / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((pki / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    for identity in identities:
        if not (pki / f"{identity.file}.crt").exists():
            _write_leaf(pki, identity, authority, key)


def write_kubeconfig(path: Path, pki: Path, identity: str, server: str) -> None:
    """A kubeconfig with everything embedded, so that the file may be copied anywhere."""
    import base64

    def embedded(name: str) -> str:
        return base64.b64encode((pki / name).read_bytes()).decode()

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sweepjob",
        "clusters": [
            {
                "name": "sweepjob",
                "cluster": {"server": server, "certificate-authority-data": embedded("ca.crt")},
            }
        ],
        "contexts": [
            {"name": "sweepjob", "context": {"cluster": "sweepjob", "user": identity}},
        ],
        "users": [
            {
                "name": identity,
                "user": {
                    "client-certificate-data": embedded(f"{identity}.crt"),
                    "client-key-data": embedded(f"{identity}.key"),
                },
            }
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))


def _write_service_account_keys(pki: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    _write_key(pki / "service-account.key", key)
    (pki / "service-account.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _name(common: str, organisation: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    return x509.Name(attributes)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_authority(pki: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("sweepjob-test-cluster")
    certificate = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(pki / "ca.key", key)
    (pki / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_leaf(
    pki: Path, identity: Identity, authority: x509.Certificate, signer: ec.EllipticCurvePrivateKey
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if identity.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    subject = _name(identity.user, identity.group)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        _builder(subject, authority.subject, key.public_key())
        .add_extension(issuer_key, critical=False)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if identity.hosts:
        names = x509.SubjectAlternativeName([_general(host) for host in identity.hosts])
        builder = builder.add_extension(names, critical=False)
    _write_key(pki / f"{identity.file}.key", key)
    pem = builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (pki / f"{identity.file}.crt").write_bytes(pem)


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
