"""The operator's own process over an API server in memory: what it says while its CRDs are missing, that it
works by itself once they are there, and that it ends when it is told to, kopf or no kopf."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer

from tests.fake_api.access_rules import AccessRules
from tests.fake_api.http_server import HttpApiServer, serve
from tests.waiting import until as until_true

from .builders import sweepjob
from .certificates import HOST, make

_OPERATOR = Path(__file__).parents[2] / "operator"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def readyz(port: int) -> tuple[int, str]:
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://localhost:{port}/readyz") as answer,
        ):
            return answer.status, await answer.text()
    except aiohttp.ClientConnectionError:
        return 0, ""


EXPIRES = "sweepjob_intake_certificate_expiration_timestamp_seconds"


async def metric(port: int, name: str) -> float | None:
    """The value of a metric without labels; None without one."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://localhost:{port}/metrics") as answer,
    ):
        lines = (line.split(" ") for line in (await answer.text()).splitlines())
    return next((float(line[1]) for line in lines if line[0] == name), None)


async def until(port: int, status: int, words: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        found = await readyz(port)
        if found[0] == status and words in found[1]:
            return
        assert time.monotonic() < deadline, f"{found} is not {status} {words}"
        await asyncio.sleep(0.2)


async def started(kubeconfig: Path, port: int, **more: str) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "PYTHONPATH": str(_OPERATOR),
        "SWEEPJOB_SIDECAR_IMAGE": "sidecar",
        "SWEEPJOB_INTAKE_URL": "http://operator",
        "SWEEPJOB_INTAKE_PORT": str(free_port()),
        "SWEEPJOB_TELEMETRY_PORT": str(port),
        "SWEEPJOB_LOG_FORMAT": "json",
        **more,
    }
    command = (sys.executable, "-m", "sweepjob.manager")
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=pipe)


async def ended(process: asyncio.subprocess.Process) -> list[str]:
    """Tell it to end; what it has logged."""
    process.send_signal(signal.SIGTERM)
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    return [json.loads(line)["message"] for line in said.splitlines()]


async def test_the_process_waits_for_its_crds(tmp_path: Path) -> None:
    server, access_rules = MemoryApiServer(time.time), AccessRules()
    for resource in ("sweepjobs", "sweeptrials"):
        access_rules.close(resource)
    port = free_port()
    async with serve(HttpApiServer(server, access_rules), tmp_path) as kubeconfig:
        process = await started(kubeconfig, port)
        await until(port, 503, "CRD sweepjobs.sweepjob.dev is missing")
        said = await ended(process)
        assert any("CRD sweepjobs.sweepjob.dev is missing" in line for line in said)

        process = await started(kubeconfig, port)
        await until(port, 503, "CRD sweepjobs.sweepjob.dev is missing")
        for resource in ("sweepjobs", "sweeptrials"):
            access_rules.open(resource)
        await until(port, 200, "ok")
        body = {**sweepjob(), "metadata": {"name": "lr"}}
        path = "/apis/sweepjob.dev/v1alpha1/namespaces/team/sweepjobs"
        assert server.answer(Request("POST", path, {}, body))[0] == 201
        await until_true(lambda: len(server.store.all("jobs")) == 2, "its trials do not start")
        access_rules.denied.add(("sweepjob.dev", "sweepjobs/status", "patch"))
        suspended = Request("PATCH", f"{path}/lr", {}, {"spec": {"suspend": True}})
        assert server.answer(suspended)[0] == 200
        await until(port, 503, "the operator may not patch sweepjobs/status.sweepjob.dev")
        access_rules.denied.clear()
        await until(port, 200, "ok")
        said = await ended(process)
    assert {"sweep accepted", "sweep suspended"} <= set(said)
    assert said.count("ready") == 2
    assert sum(line.startswith("permission missing") for line in said) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates")
async def test_the_process_waits_for_its_certificate_and_takes_another_authority(
    tmp_path: Path,
) -> None:
    """A Secret that is missing, half of one, another one in mid-sweep, and one that is deleted."""
    folder, port = tmp_path / "intake", free_port()
    folder.mkdir()
    files = {"CERTIFICATE": "tls.crt", "KEY": "tls.key", "CA": "ca.crt"}
    given = {f"SWEEPJOB_INTAKE_{name}": str(folder / file) for name, file in files.items()}
    given["SWEEPJOB_INTAKE_URL"] = f"https://{HOST}:8443"
    api = HttpApiServer(MemoryApiServer(time.time), AccessRules())
    async with serve(api, tmp_path) as kubeconfig:
        process = await started(kubeconfig, port, **given)
        await until(port, 503, "ca.crt cannot be used: [Errno 2] No such file")
        (folder / "ca.crt").write_text("nonsense")
        await until(port, 503, "ca.crt cannot be used: ")
        (folder / "ca.crt").write_text(make(tmp_path))
        assert await metric(port, EXPIRES) is None
        await until(port, 503, "tls.crt cannot be used: [Errno 2] No such file")
        for file in ("tls.crt", "tls.key"):
            shutil.copy(tmp_path / file, folder)
        await until(port, 200, "ok")
        expires = await metric(port, EXPIRES)
        assert expires is not None
        assert expires > time.time() + 3000 * 86400
        authority = make(folder)
        await until(port, 503, "sidecars cannot trust the ingest server's certificate")
        (folder / "ca.crt").write_text(authority)
        await until(port, 200, "ok")
        for file in files.values():
            (folder / file).unlink()
        await asyncio.sleep(11)
        await until(port, 200, "ok")
        said = await ended(process)
    assert sum("cannot be used" in line for line in said) < 9, "each is logged once"
