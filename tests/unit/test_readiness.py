"""Whether the operator is ready, and what it says when it is not."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sweepjob.controllers.ingest_authority import REMEDY, IngestAuthority
from sweepjob.http_server.certificate import Certificate
from sweepjob.manager.ingest_certificate_check import IngestCertificateCheck
from sweepjob.manager.readiness import Readiness
from sweepjob.telemetry.metrics import Gauges, Health, MetricsSnapshot

from .certificates import HOST, make, make_expired, make_self_signed, make_signed


def test_every_reason_is_reported_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    first: list[str] = ["no permissions"]
    second: list[str] = ["no CRD"]
    readiness = Readiness(lambda: first, lambda: second)
    with caplog.at_level("INFO"):
        for _ in range(3):
            readiness.check()
        assert readiness.reasons == ["no permissions", "no CRD"]
        first.clear()
        readiness.check()
        second.clear()
        for _ in range(3):
            readiness.check()
        assert readiness.reasons == []
        second.append("no CRD")
        for _ in range(3):
            readiness.check()
    said = [record.getMessage() for record in caplog.records]
    assert said == ["not ready: no permissions", "not ready: no CRD", "ready", "not ready: no CRD"]


async def test_the_probe_has_the_reasons() -> None:
    problems = ["CRD x is missing", "the operator may not list pods"]
    async with TestClient(TestServer(Health(lambda: problems).application())) as client:
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert (await answer.text()).splitlines() == problems
        assert (await client.get("/healthz")).status == 200, "no restart mends it"
        problems.clear()
        assert (await client.get("/readyz")).status == 200


def test_the_operator_is_not_ready_before_the_first_check() -> None:
    assert Readiness().reasons


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates")


def known(folder: Path, authority: str) -> IngestAuthority:
    """What the operator's process knows of this authority."""
    (folder / "ca.crt").write_text(authority)
    return IngestAuthority(folder / "ca.crt")


async def check(
    context: ssl.SSLContext, authority: IngestAuthority, url: str = f"https://{HOST}:8443"
) -> str:
    """What the check says of a server with this certificate."""
    return (await checked(context, authority, url)).not_ready_reason


async def checked(
    context: ssl.SSLContext, authority: IngestAuthority, url: str = f"https://{HOST}:8443"
) -> IngestCertificateCheck:
    """The check, after it has looked at a server with this certificate."""
    server = await asyncio.start_server(lambda _, w: w.close(), "localhost", ssl=context)
    async with server:
        found = IngestCertificateCheck(url, authority, server.sockets[0].getsockname()[1])
        assert found.not_ready_reason, "not before it was tried"
        assert found.expires is None
        await found.check()
        return found


@needs_openssl
async def test_a_certificate_that_sidecars_trust(tmp_path: Path) -> None:
    authority = make(tmp_path)
    context = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key").context
    assert await check(context, known(tmp_path, authority)) == ""


@needs_openssl
async def test_an_expired_certificate_and_its_renewal(tmp_path: Path) -> None:
    authority = make(tmp_path)
    served = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    trust = known(tmp_path, authority)
    renewed = {name: (tmp_path / name).read_bytes() for name in ("tls.crt", "tls.key")}
    expired = make_expired(tmp_path)
    served.reload()
    said = await check(served.context, known(tmp_path, expired))
    assert "certificate has expired" in said
    assert REMEDY in said
    for name, data in renewed.items():
        (tmp_path / name).write_bytes(data)
    served.reload()
    (tmp_path / "ca.crt").write_text(authority)
    assert await check(served.context, trust) == ""


@needs_openssl
async def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    make(tmp_path)
    context = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key").context
    (tmp_path / "other").mkdir()
    said = await check(context, known(tmp_path, make(tmp_path / "other")))
    assert said.startswith("sidecars cannot trust the ingest server's certificate: ")
    assert "ca.crt" in said


@needs_openssl
async def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    authority = make(tmp_path)
    context = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key").context
    said = await check(context, known(tmp_path, authority), "https://other.system.svc:8443")
    assert "Hostname mismatch" in said


NOW = datetime.now(UTC).replace(microsecond=0)
SOON, LATER = NOW + timedelta(days=3), NOW + timedelta(days=20)


@pytest.mark.parametrize(
    "made",
    [
        lambda folder: make_self_signed(folder, SOON),
        lambda folder: make_signed(folder, SOON, LATER),
        lambda folder: make_signed(folder, LATER, SOON),
        # Of an authority that is being changed, only the one that has signed the certificate counts.
        lambda folder: make_signed(folder, LATER, SOON) + other_authority(folder, LATER),
        lambda folder: make_signed(folder, SOON, LATER) + other_authority(folder, NOW),
    ],
    ids=["self-signed", "certificate", "authority", "renewed", "expired"],
)
async def test_the_certificate_is_of_use_until_it_or_its_authority_expires(
    tmp_path: Path, made: Callable[[Path], str]
) -> None:
    authority = made(tmp_path)
    context = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key").context
    found = await checked(context, known(tmp_path, authority))
    assert found.not_ready_reason == ""
    assert found.expires == SOON.timestamp()


def other_authority(folder: Path, expires: datetime) -> str:
    (folder / "other").mkdir()
    return make_signed(folder / "other", LATER, expires)


async def test_the_expiry_that_was_known_stays_when_a_handshake_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepjob.manager.ingest_certificate_check._RELOAD_TIME", 0.0)
    trust = known(tmp_path, make_self_signed(tmp_path, SOON))
    served = Certificate(tmp_path / "tls.crt", tmp_path / "tls.key")
    server = await asyncio.start_server(lambda _, w: w.close(), "localhost", ssl=served.context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = IngestCertificateCheck(f"https://{HOST}:8443", trust, port)
        await found.check()
        (tmp_path / "ca.crt").write_text(make_expired(tmp_path))
        served.reload()
        await found.check()
    assert "certificate has expired" in found.not_ready_reason
    assert found.expires == SOON.timestamp()


def test_the_metric_of_the_expiry_is_absent_while_it_is_unknown() -> None:
    expires: list[float | None] = [None, SOON.timestamp()]
    gauges = Gauges(
        lambda: MetricsSnapshot(0, 0, 0, 0, {}), bool, bool, dict, lambda: expires.pop(0)
    )
    name = "sweepjob_intake_certificate_expiration_timestamp_seconds"
    assert not [family for family in gauges.collect() if family.name == name]
    [family] = [family for family in gauges.collect() if family.name == name]
    assert [sample.value for sample in family.samples] == [SOON.timestamp()]


@needs_openssl
async def test_a_closed_port_and_a_busy_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepjob.manager.ingest_certificate_check._TIMEOUT", 0.2)
    authority = known(tmp_path, make(tmp_path))
    server = await asyncio.start_server(lambda _, w: None, "localhost")  # never a handshake
    port = server.sockets[0].getsockname()[1]
    found = IngestCertificateCheck(f"https://{HOST}:8443", authority, port)
    found.not_ready_reason = ""
    await found.check()
    assert found.not_ready_reason == "", "one that is attacked stays what it was"
    server.close()
    await found.check()
    assert found.not_ready_reason.startswith("the ingest server does not listen")
