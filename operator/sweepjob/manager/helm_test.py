"""``helm test``: runs a sweep of two trials in the installation, and checks its best trial."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import Any

from ..api import names
from ..api.resources import SWEEPJOBS
from ..kube import errors
from ..kube.client import KubeClient
from ..kube.connection import connect

_TIMEOUT = 240.0  # seconds; the image may have to be pulled
_SCRIPT = "import os; print('score=' + os.environ['AZUREML_SWEEP_x'])"


def sweepjob(name: str, image: str) -> dict[str, Any]:
    """Return a sweep whose trials print their parameter."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.SWEEPJOB,
        "metadata": {"name": name},
        "spec": {
            "objective": {"goal": "maximize", "primaryMetric": "score"},
            "samplingAlgorithm": {"type": "grid"},
            "searchSpace": {"x": {"type": "choice", "values": [0.25, 0.75]}},
            "limits": {"maxTotalTrials": 2, "maxConcurrentTrials": 2},
            "metrics": {"source": "logs"},
            "trial": {"image": image, "command": ["python3", "-c", _SCRIPT]},
        },
    }


async def follow(api: KubeClient, namespace: str, name: str) -> dict[str, Any]:
    """Print a SweepJob's progress; return it when it has ended, or when the timeout has passed.

    Args:
        api: the client.
        namespace: the namespace of the SweepJob.
        name: the name of the SweepJob.
    """
    deadline, printed = time.monotonic() + _TIMEOUT, ""
    while True:
        found = await api.get(SWEEPJOBS, namespace, name)
        status = found.get("status") or {}
        line = f"{status.get('phase', '')} {status.get('progress', '')}".strip()
        if line != printed:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        printed = line
        if status.get("phase") in ("Complete", "Failed", "Invalid") or time.monotonic() > deadline:
            return found
        await asyncio.sleep(1)


async def run(namespace: str, name: str, image: str, *, strict_tls: bool) -> int:
    """Create a sweep, wait for its end, and delete it; return the exit code.

    Args:
        namespace: the namespace of the SweepJob.
        name: the name of the SweepJob.
        image: the image of the trials, which must have Python.
        strict_tls: as for ``kube.connection.connect``.
    """
    api = await connect(strict_tls=strict_tls)
    made = await api.create(SWEEPJOBS, namespace, sweepjob(name, image))
    try:
        sweep = await follow(api, namespace, name)
    finally:
        await api.delete(SWEEPJOBS, namespace, name, made["metadata"]["uid"])
        await api.close()
    status = sweep.get("status") or {}
    best = status.get("best") or {}
    if status.get("phase") == "Complete" and best.get("value") == "0.75":
        sys.stdout.write("a sweep of two trials has found its best\n")
        return 0
    for condition in status.get("conditions") or ():
        sys.stdout.write(f"{condition['type']} {condition['status']}: {condition['message']}\n")
    return 1


def main() -> int:
    """Run the test; return the exit code."""
    get = os.environ
    where = (get["SWEEPJOB_TEST_NAMESPACE"], get["SWEEPJOB_TEST_NAME"], get["SWEEPJOB_TEST_IMAGE"])
    try:
        return asyncio.run(run(*where, strict_tls=get.get("SWEEPJOB_STRICT_TLS") != "false"))
    except errors.ApiError as error:
        sys.stdout.write(f"error: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
