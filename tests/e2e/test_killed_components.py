"""Everything that a sweep rests on, killed at random moments while it runs: the operator, the API
server, etcd, the scheduler, the controllers, a sidecar, a whole node.

``SWEEPJOB_CLUSTER_KILLS=N`` kills so often; ``SWEEPJOB_SEED`` chooses when and what.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import layout, lifecycle, namespaces
from tests.cluster import target as clusters
from tests.cluster.components import Options
from tests.cluster.console import ClusterError

from .audit import Audit
from .sweeps import Sweeps, choice, eventually
from .training_scripts import WITH_MLFLOW

KILLS = int(os.environ.get("SWEEPJOB_CLUSTER_KILLS", "8"))
SEED = int(os.environ.get("SWEEPJOB_SEED", "1"))
REPORTS, PAUSE = 40, 0.25
CONCURRENT = 4
COMPONENTS = ("kube-apiserver", "etcd", "kube-scheduler", "kube-controller-manager")
# The operator as often as all components of the control plane together.
WEIGHTS = {"operator": 4, "sidecar": 2, "node": 1, **dict.fromkeys(COMPONENTS, 1)}


@pytest.fixture
def cluster(sweeps: Sweeps, second_node: layout.Node) -> Iterator[layout.Cluster]:
    yield second_node.cluster
    sweeps.kubectl("delete", "sweepjobs", "--all", "--wait=true")
    lifecycle.up(second_node.cluster, Options(), nodes=2)


class Killer:
    """Kills one thing after the other, and counts."""

    def __init__(self, sweeps: Sweeps, cluster: layout.Cluster, chance: random.Random) -> None:
        self._sweeps, self._cluster, self._chance = sweeps, cluster, chance
        self.killed: Counter[str] = Counter()

    def kill(self) -> None:
        kinds = list(WEIGHTS)
        [kind] = self._chance.choices(kinds, weights=[WEIGHTS[k] for k in kinds])
        if kind in COMPONENTS:
            lifecycle.restart(self._cluster, kind)
        else:
            ways: dict[str, Callable[[], None]] = {
                "operator": self._operator,
                "sidecar": self._sidecar,
                "node": self._node,
            }
            ways[kind]()
        self.killed[kind] += 1

    def _processes(self, inside: str) -> list[int]:
        nodes = [node for node in self._cluster.nodes() if namespaces.init_pid(node) is not None]
        everything = (pid for node in nodes for pid in namespaces.processes(node))
        return [pid for pid in everything if inside in namespaces.command_line(pid)]

    def _operator(self) -> None:
        for pid in self._processes("-m sweepjob.manager"):
            namespaces.kill(pid, signal.SIGKILL)
        # The kubelet would wait longer and longer before it starts the container again.
        force = ("--force", "--grace-period=0", "--wait=false")
        system = ("-n", clusters.SYSTEM)
        pods = ("pods", "-l", "app.kubernetes.io/name=sweepjob")
        eventually(
            lambda: self._sweeps.target.kubectl(*system, "delete", *pods, *force),
            60,
            "the operator's pod is replaced",
        )

    def _sidecar(self) -> None:
        running = self._processes("-m sweepjob.sidecar")
        if running:
            namespaces.kill(self._chance.choice(running), signal.SIGKILL)

    def _node(self) -> None:
        namespaces.destroy(self._cluster.node(2), keep_folder=True)
        time.sleep(self._chance.uniform(0.0, 5.0))

        def booted() -> bool:
            lifecycle.up(self._cluster, Options(), nodes=2)
            return True

        eventually(booted, 60, "the node is back")


def test_killing_any_component_loses_no_report(sweeps: Sweeps, cluster: layout.Cluster) -> None:
    chance = random.Random(SEED)
    killer = Killer(sweeps, cluster, chance)
    # Some five seconds for each kill.
    total = max(8, KILLS * 5 * CONCURRENT // int(REPORTS * PAUSE))
    levels = [round(0.1 + 0.8 * n / total, 3) for n in range(total)]
    chance.shuffle(levels)
    spec = sweeps.spec(
        {"level": choice(*levels), "reports": choice(REPORTS), "pause": choice(PAUSE)},
        samplingAlgorithm={"type": "grid"},
        limits={"maxTotalTrials": total, "maxConcurrentTrials": CONCURRENT},
        earlyTermination={"type": "bandit", "slackAmount": 0.3, "delayEvaluation": 5},
    )
    # A trial that dies with its node starts again, as often as it takes.
    spec["trial"] |= {"maxRetries": 10, **WITH_MLFLOW}
    with Audit(sweeps, "killed", CONCURRENT).running() as audit:
        sweeps.apply("killed", spec)
        while sum(killer.killed.values()) < KILLS and not is_over(sweeps):
            time.sleep(chance.uniform(0.5, 5.0))
            killer.kill()
        sweeps.await_end("killed", 600)
        print(f"killed: {dict(killer.killed)}; SWEEPJOB_CLUSTER_KILLS={KILLS} SWEEPJOB_SEED={SEED}")
        assert sum(killer.killed.values()) == KILLS, "the sweep was over before"
        audit.check(total, REPORTS)


def is_over(sweeps: Sweeps) -> bool:
    try:
        return sweeps.sweep("killed").get("status", {}).get("phase") in ("Complete", "Failed")
    except ClusterError:
        return False
