"""Which process runs which tests, and on which cluster.

Each process has a cluster of its own, so its modules disturb nobody and are not disturbed. A user's cluster
(``SWEEPJOB_KUBECONFIG``) is there once: then one process runs everything.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

import pytest
import xdist
from xdist.scheduler import LoadScopeScheduling

from tests.cluster import layout
from tests.cluster.lock import lock_file

# The modules that last longest come first, so that all processes end at about the same time: those that last
# for more than a minute on two busy cores.
LONGEST = (
    *("test_sweep", "test_trial_manifests", "test_missing_permissions_and_crds", "test_trial_ends"),
    *("test_network_faults", "test_dashboard", "test_mlflow", "test_tracked_runs"),
    *("test_dashboard_states", "test_leader_election", "test_docs", "test_clients"),
    *("test_node_loss", "test_kueue", "test_several_objectives", "test_pause", "test_pod_groups"),
    *("test_python", "test_code", "test_ingest_attacks", "test_killed_components", "test_cli"),
    *("test_pipeline_clients", "test_certificates", "test_reports", "test_refused_specs"),
    *("test_cluster", "test_outputs", "test_shared_clusters"),
)
_OF_CHECKOUT = layout.current()
_LOCK = pytest.StashKey[TextIO]()


def choose_cluster() -> None:
    """Choose the cluster of this process, also for the programs that its tests start. The first process
    has the cluster of the checkout, each other process one beside it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if worker != "0":
        os.environ["SWEEPJOB_CLUSTER"] = _OF_CHECKOUT.beside(worker).name


def all_clusters() -> list[layout.Cluster]:
    """The clusters of all processes."""
    return [_OF_CHECKOUT, *_OF_CHECKOUT.all_beside()]


def order(items: list[pytest.Item]) -> None:
    """Sort the tests: the longest modules first, and last what looks back on all of them."""
    items.sort(key=lambda item: _rank(item.nodeid))
    items.sort(key=_looks_back)


def _rank(nodeid: str) -> int:
    module = Path(nodeid.partition("::")[0]).stem
    return LONGEST.index(module) if module in LONGEST else len(LONGEST)


def _looks_back(item: pytest.Item) -> bool:
    return item.get_closest_marker("in_the_end") is not None


class Scheduler(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives a process a module at a time."""

    def _split_scope(self, nodeid: str) -> str:
        shared = "SWEEPJOB_KUBECONFIG" in os.environ
        return "all on one cluster" if shared else nodeid.partition("::")[0]


def wait_for_turn(item: pytest.Item) -> None:
    """Where there are several processes, let a test that looks back on all others wait for their end."""
    if not xdist.is_xdist_worker(item):
        return
    if _LOCK not in item.config.stash:
        item.config.stash[_LOCK] = lock_file(f"{_OF_CHECKOUT.name}-tests")
    fcntl.flock(item.config.stash[_LOCK], fcntl.LOCK_EX if _looks_back(item) else fcntl.LOCK_SH)


def end(config: pytest.Config) -> None:
    """Say that this process has run all its tests. It lives on until the others have, too."""
    if _LOCK in config.stash:
        config.stash[_LOCK].close()
