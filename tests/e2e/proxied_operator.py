"""The operator's way to the API server, led through the proxy with faults for a while."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.cluster import layout
from tests.cluster import target as clusters
from tests.cluster.target import Target

from .fault_proxy import PORT, FaultProxy, ProxyFaults
from .sweeps import eventually


def fault_profile(seed: int, **faults: Any) -> ProxyFaults:
    return ProxyFaults(random.Random(seed), **{"delay": (0.0, 0.0), "lag": (0.0, 0.0), **faults})


@contextlib.contextmanager
def between(target: Target, calm: ProxyFaults, replicas: int = 1) -> Iterator[FaultProxy]:
    """The proxy between the operator and the API server, as long as this lasts."""
    assert target.built_in is not None
    system = ("-n", clusters.SYSTEM)
    with FaultProxy(target.built_in, calm).running() as proxy:
        clusters.install(target, "--set", f"replicas={replicas}")
        before = target.get(*system, "deployment", "sweepjob")["spec"]["template"]
        address = [
            {"name": "KUBERNETES_SERVICE_HOST", "value": layout.API_ADDRESS},
            {"name": "KUBERNETES_SERVICE_PORT", "value": str(PORT)},
        ]
        changed = json.loads(json.dumps(before))
        changed["spec"]["containers"][0]["env"] += address
        # kopf takes the API server's name, whatever the environment says.
        names = ["kubernetes.default.svc"]
        changed["spec"]["hostAliases"] = [{"ip": layout.API_ADDRESS, "hostnames": names}]
        _roll_out(target, changed)
        try:
            yield proxy
        finally:
            proxy.faults, proxy.silent = fault_profile(0), set()
            _roll_out(target, before)
            clusters.install(target)


def _roll_out(target: Target, template: dict[str, Any]) -> None:
    system = ("-n", clusters.SYSTEM)
    patch = json.dumps([{"op": "replace", "path": "/spec/template", "value": template}])
    target.kubectl(*system, "patch", "deployment", "sweepjob", "--type=json", "-p", patch)
    target.kubectl(*system, "rollout", "status", "deployment/sweepjob", "--timeout=120s")

    def alone() -> bool:
        pods = target.get(*system, "pods", "-l", "app.kubernetes.io/name=sweepjob")["items"]
        return len(pods) == target.get(*system, "deployment", "sweepjob")["spec"]["replicas"]

    eventually(alone, 60, "the operator before is gone")
