"""Two operators that manage the same sweep: results are not taken for whole, and one says why."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.trial_pods.sidecar import operator_of

from tests.fake_api import harness
from tests.fake_api.transport import FaultProfile, FaultyTransport

from .jobs import manifest
from .sweep_controllers import start, status_of

OTHER = "https://other.tools.svc:8443"
SPACE = {
    "level": {"type": "choice", "values": [0.4, 0.5, 0.6]},
    "reports": {"type": "choice", "values": [10, 14, 18]},
}
LIMITS = {"maxTotalTrials": 9, "maxConcurrentTrials": 3}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with harness.quiet():
        yield


def _reasons(server: MemoryApiServer) -> set[str]:
    return {body["reason"] for body in server.store.all("events").values()}


def start_other(server: MemoryApiServer) -> harness.RunningOperator:
    """An operator of another release, whose pods report to it."""
    others = replace(harness.SETTINGS.sidecar, url=OTHER)
    loop = asyncio.get_running_loop()
    return harness.RunningOperator(
        FaultyTransport(server, FaultProfile(random.Random(5))),
        lambda: harness.EPOCH + loop.time(),
        settings=replace(harness.SETTINGS, sidecar=others),
    )


@pytest.mark.virtual_time
@pytest.mark.parametrize("source", ["mlflow", "logs"])
async def test_a_second_operator_is_named(source: str) -> None:
    server, first = start(
        MemoryApiServer, limits=LIMITS, searchSpace=SPACE, metrics={"source": source}
    )
    second = start_other(server)
    await asyncio.sleep(60)
    assert "OtherOperator" in _reasons(server)
    said = [b["message"] for b in server.store.all("events").values() if "Other" in b["reason"]]
    assert "another operator, which takes reports at http" in said[0]
    first.kill()
    second.kill()


@pytest.mark.virtual_time
async def test_a_release_that_takes_over_finds_no_other() -> None:
    server, first = start(MemoryApiServer, limits=LIMITS, searchSpace=SPACE)
    await asyncio.sleep(4)
    first.kill()
    second = start_other(server)
    await asyncio.sleep(300)
    assert status_of(server)["phase"] == "Complete"
    assert "OtherOperator" not in _reasons(server)
    second.kill()


def test_who_created_a_job() -> None:
    job = manifest()
    url = operator_of(job)
    assert url == "https://intake:8443"
    del job["metadata"]["annotations"]
    assert operator_of(job) == url, "of an earlier version, by its sidecar"
    for value in ("", "nonsense", "[]", "{}"):
        _settings(job)["value"] = value
        assert operator_of(job) == ""
    pod = job["spec"]["template"]["spec"]
    del pod["initContainers"][0]["env"]
    assert operator_of(job) == ""
    pod["initContainers"] = None
    assert operator_of(job) == ""


def _settings(job: dict[str, Any]) -> dict[str, Any]:
    sidecar = job["spec"]["template"]["spec"]["initContainers"][0]
    [entry] = [e for e in sidecar["env"] if e["name"] == "SWEEPJOB_SIDECAR"]
    found: dict[str, Any] = entry
    return found
