"""Certificates that are wrong or change in mid-sweep: no trial starts that could not report, and a trial that
cannot report any more is named."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from sweepjob.controllers.ingest_authority import IngestAuthority
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body
from sweepjob.trial_pods.authorities import (
    join_fingerprints,
    parse_fingerprints,
    split_authorities,
)

from .certificates import make
from .sweep_controllers import start, status_of

pytestmark = pytest.mark.usefixtures("quiet_logs")

SPACE = {
    "level": {"type": "choice", "values": [0.4, 0.5]},
    "reports": {"type": "choice", "values": [400]},
}
LIMITS = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
FIRST, SECOND = (f"-----BEGIN CERTIFICATE-----\n{n * 4}\n-----END CERTIFICATE-----\n" for n in "AB")


def degraded(server: MemoryApiServer) -> Body:
    [found] = [c for c in status_of(server)["conditions"] if c["type"] == "Degraded"]
    return dict(found)


@pytest.mark.virtual_time
async def test_no_trial_starts_that_could_not_report() -> None:
    server, operator = start(MemoryApiServer, limits=LIMITS)
    operator.ingest_authority.distrust("sidecars cannot trust it: it has expired")
    await asyncio.sleep(60)
    assert not server.store.all("jobs")
    status = status_of(server)
    assert (status["phase"], status["reason"]) == ("Blocked", "IntakeCertificateInvalid")
    assert "it has expired" in degraded(server)["message"]
    operator.ingest_authority.trust(frozenset())
    await asyncio.sleep(2)
    assert len(server.store.all("jobs")) == 2, "they start at once"
    operator.kill()


@pytest.mark.virtual_time
async def test_trials_whose_metrics_are_in_their_log_need_no_certificate() -> None:
    server, operator = start(MemoryApiServer, limits=LIMITS, metrics={"source": "logs"})
    operator.ingest_authority.distrust("there is none")
    await asyncio.sleep(5)
    assert len(server.store.all("jobs")) == 2
    operator.kill()


@pytest.mark.virtual_time
async def test_a_trial_that_trusts_an_earlier_authority_is_named() -> None:
    server, operator = start(MemoryApiServer, limits=LIMITS, searchSpace=SPACE)
    authority = operator.ingest_authority
    authority.pem = FIRST
    authority.trust(frozenset(split_authorities(FIRST)))
    await asyncio.sleep(10)
    assert degraded(server)["status"] == "False"
    authority.pem = FIRST + SECOND  # the way to change it: both for a while
    await asyncio.sleep(10)
    assert degraded(server)["status"] == "False"
    authority.pem = SECOND
    authority.trust(frozenset(split_authorities(SECOND)))
    await asyncio.sleep(10)
    found = degraded(server)
    assert (found["status"], found["reason"]) == ("True", "IntakeAuthorityChanged")
    assert ": its pod started with a certificate authority" in found["message"]
    authority.trust(frozenset(split_authorities(FIRST)))
    await asyncio.sleep(10)
    assert degraded(server)["status"] == "False", "the former one is back"
    operator.kill()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates")
def test_the_last_usable_authority_stays(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    authority = IngestAuthority(file)
    assert not authority.reload()
    assert "ca.crt cannot be used: [Errno 2] No such file" in authority.problem
    file.write_text("")
    assert not authority.reload()
    pem = make(tmp_path)
    file.write_text(f"# of the company\n{pem}")
    assert authority.reload()
    for contents in (
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ):
        file.write_text(contents)
        assert authority.reload()
        assert authority.pem.endswith(pem)
    file.write_bytes(b"\xff\xfe")
    assert authority.reload()


def test_fingerprints_of_any_text() -> None:
    assert join_fingerprints("") == join_fingerprints("nonsense") == ""
    two = join_fingerprints(f"{FIRST}nonsense\n{SECOND}{FIRST}")
    assert len(parse_fingerprints(two)) == 2
    assert parse_fingerprints(",,") == frozenset()
    assert all(join_fingerprints(pem) == key for key, pem in split_authorities(FIRST).items())
