"""The intake's certificate, renewed while connections are made, and the script that makes one."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sweepjob.http_server.certificate import Certificate

from .certificates import HOST, make

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the script needs openssl")


async def trusts(port: int, authority: str) -> bool:
    """Whether one who knows this authority takes the server for ours."""
    context = ssl.create_default_context(cadata=authority)
    try:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=HOST
        )
    except ssl.SSLCertVerificationError:
        return False
    writer.close()
    return True


async def test_new_connections_use_the_renewed_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = make(tmp_path)
    certificate = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", ssl=certificate.context
    )
    port = server.sockets[0].getsockname()[1]
    assert await trusts(port, old)
    new = make(tmp_path)
    assert not await trusts(port, new), "nobody has looked yet"
    certificate.reload()
    assert await trusts(port, new)
    assert not await trusts(port, old)
    key = (tmp_path / "tls.key").read_bytes()
    make(tmp_path)
    (tmp_path / "tls.key").write_bytes(key)  # of the one before: it has been looked at in between
    certificate.reload()
    assert await trusts(port, new), "a certificate without its key is passed over"
    (tmp_path / "tls.crt").write_text("nonsense")
    certificate.reload()
    assert caplog.text.count("cannot be used") == 2
    assert await trusts(port, new), "what is no good is passed over"
    server.close()


def make_rsa(folder: Path) -> str:
    """A certificate that signs itself, with an RSA key, as Helm's have; returns its authority."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=rsa -keyout tls.key -out tls.crt"
    names = ["-addext", f"subjectAltName=DNS:{HOST}"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    return (folder / "tls.crt").read_text()


@pytest.mark.parametrize("makers", [(make, make_rsa, make), (make_rsa, make, make_rsa)])
async def test_the_type_of_the_key_may_change(
    tmp_path: Path, makers: tuple[Callable[[Path], str], ...]
) -> None:
    certificate: Certificate | None = None
    authorities: list[str] = []
    for maker in makers:
        authorities.append(maker(tmp_path))
        if certificate is None:
            certificate = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
            server = await asyncio.start_server(
                lambda _, writer: writer.close(), "127.0.0.1", ssl=certificate.context
            )
            port = server.sockets[0].getsockname()[1]
        certificate.reload()
        assert await trusts(port, authorities[-1])
        assert not any([await trusts(port, old) for old in authorities[:-1]])
        without_name = ssl.create_default_context(cadata=authorities[-1])
        without_name.check_hostname = False
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=without_name)
        writer.close()
    server.close()
