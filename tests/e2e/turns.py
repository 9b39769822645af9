"""Which tests run beside others, in two processes, and which have the cluster to themselves."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
import xdist
from xdist.scheduler import LoadScopeScheduling

from tests.cluster import layout

# Modules that neither disturb others nor are disturbed by them: they have sweeps of some pods in a
# namespace of their own, and do not mind when one has to wait for a GPU.
SIDE_BY_SIDE = {
    *("test_spec_messages", "test_cli", "test_clients", "test_dashboard", "test_deletion"),
    *("test_kube_client", "test_gitops", "test_ingest", "test_leaving_a_chart", "test_local"),
    *("test_mlflow", "test_outputs", "test_python", "test_refused_specs", "test_sampling"),
    "test_warm_start",
}
_HELD = pytest.StashKey[TextIO]()


def arrange(items: list[pytest.Item]) -> None:
    """Those side by side first; then, in one process, all the others. Of these the ones that need
    another node come last, so that it joins once and no other test has it; but for what looks back on
    all of them."""
    items.sort(key=lambda item: not _is_side_by_side(item.nodeid))
    items.sort(key=lambda item: "second_node" in getattr(item, "fixturenames", ()))
    items.sort(key=lambda item: item.get_closest_marker("in_the_end") is not None)


class Scheduler(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """One process takes a module at a time, or all that want to be alone."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if _is_side_by_side(nodeid) else "alone"


def _is_side_by_side(nodeid: str) -> bool:
    return Path(nodeid.partition("::")[0]).stem in SIDE_BY_SIDE


def take(item: pytest.Item) -> None:
    """Wait until a test may run, where there are several processes: one that comes to those that want
    to be alone waits for the others' end."""
    if not xdist.is_xdist_worker(item):
        return
    if _HELD not in item.config.stash:
        item.config.stash[_HELD] = _lock_file("tests")
    wanted = fcntl.LOCK_SH if _is_side_by_side(item.nodeid) else fcntl.LOCK_EX
    fcntl.flock(item.config.stash[_HELD], wanted)


def leave(config: pytest.Config) -> None:
    """This process has run all its tests; it lives on until the others have, too."""
    if _HELD in config.stash:
        config.stash[_HELD].close()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """What several processes must not do at once."""
    with _lock_file("prepare") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_file(name: str) -> TextIO:
    """Of this checkout's cluster, which may not be there yet."""
    folder = layout.cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{layout.current().name}-{name}").open("w")
