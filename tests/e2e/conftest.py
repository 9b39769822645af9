"""The cluster, the operator, and a namespace for each test module."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.timestamps import format_time

from tests.cluster import layout, lifecycle, namespaces
from tests.cluster import target as clusters
from tests.cluster.components import Options
from tests.cluster.console import ClusterError, say
from tests.cluster.target import Target

from . import distribution
from .sweeps import Sweeps

# They take many minutes and stand apart. Building a release twice: make test-release; compiling Flux: make
# test-gitops.
_APART = {
    "SWEEPJOB_RELEASE": ("test_release.py",),
    "SWEEPJOB_GITOPS": ("test_flux.py",),
}
collect_ignore = [
    name for variable, names in _APART.items() if not os.environ.get(variable) for name in names
]


# Where versions of Kubernetes could differ for the operator: the schema's rules, admission, Jobs, pods, sidecars.
# Eight minutes on a busy machine, so without the demo, which takes five more.
_ON_EVERY_KUBERNETES = (
    *("test_api_server.py", "test_refused_specs.py", "test_sweep.py", "test_early_stop.py"),
    *("test_deletion.py", "test_pod_groups.py", "test_parameter_values.py", "test_outputs.py"),
    *("test_permissions.py", "test_tenancy.py", "test_code_sources.py", "test_gitops.py"),
)


def pytest_configure() -> None:
    distribution.choose_cluster()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> distribution.Scheduler:
    return distribution.Scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.cluster)
        if Path(str(item.fspath)).name in _ON_EVERY_KUBERNETES and item.name != "test_the_demo":
            item.add_marker(pytest.mark.every_kubernetes)
    distribution.order(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    distribution.wait_for_turn(item)


def pytest_sessionfinish(session: pytest.Session) -> None:
    distribution.end(session.config)


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    """The cluster with the operator on it; prepared with its progress on the console."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        say("")
        ready = clusters.prepare()
        clusters.install(ready)
    return ready


@pytest.fixture(scope="module")
def second_node(target: Target) -> Iterator[layout.Node]:
    """Another node of the cluster, as long as a module lasts. It may be frozen and killed."""
    cluster = target.built_in
    if cluster is None:
        pytest.skip("needs another node, which only the built-in cluster can be given")
    lifecycle.up(cluster, Options(), nodes=2)
    node = cluster.node(2)
    yield node
    namespaces.send(node, signal.SIGCONT)
    lifecycle.remove(node)


@pytest.fixture(scope="module")
def sweeps(target: Target, request: pytest.FixtureRequest) -> Iterator[Sweeps]:
    """Sweeps in a namespace of this module, under the restricted Pod Security standard."""
    name = request.module.__name__.rpartition(".")[2].replace("_", "-")
    target.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait")
    clusters.make_namespace(target, name)
    began = format_time(time.time())
    yield Sweeps(target, name)
    target.kubectl("delete", "namespace", name, "--wait=false")
    mistakes = _mistakes(target, began)
    assert not mistakes, "the operator met what nobody had foreseen:\n" + "\n".join(mistakes)


def _mistakes(target: Target, since: str) -> list[str]:
    """What the operator has logged as its own mistakes: it tries again, and does well then."""
    chosen = ("-l", "app.kubernetes.io/name=sweepjob", "--tail=-1", f"--since-time={since}")
    with contextlib.suppress(ClusterError):  # one of its pods may be on a node that is gone
        lines = target.kubectl("-n", clusters.SYSTEM, "logs", *chosen).splitlines()
        return [line for line in lines if " ERROR sweepjob.kube.workqueue" in line]
    return []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    funcargs = getattr(item, "funcargs", {})
    sweeps = funcargs.get("sweeps")
    if sweeps is None and "target" in funcargs:
        sweeps = Sweeps(funcargs["target"], "sweepjob-demo")
    if report.failed and call.when != "teardown" and sweeps is not None:
        folder = _keep_logs(item.name, sweeps)
        report.sections.append(("cluster logs", f"everything about this failure is in {folder}"))
    return report


def _keep_logs(test: str, sweeps: Sweeps) -> Path:
    """What one would ask for: objects, events, logs of the operator and of the trials."""
    base = Path(os.environ.get("SWEEPJOB_FAILURES", layout.cache() / "failures"))
    folder = base / test.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        "objects.yaml": ("get", "sweepjobs,sweeptrials,jobs,pods", "-o", "yaml"),
        "events.txt": ("get", "events", "--sort-by=.lastTimestamp"),
        "operator.log": ("-n", clusters.SYSTEM, "logs", "deploy/sweepjob", "--tail=-1"),
        "trainers.log": (
            "logs",
            "-l",
            "sweepjob.dev/sweep",
            "-c",
            "trainer",
            "--prefix",
            "--tail=-1",
        ),
        "sidecars.log": ("logs", "-l", "sweepjob.dev/sweep", "-c", "sweepjob-sidecar", "--prefix"),
    }
    for file, arguments in wanted.items():
        try:
            text = sweeps.target.kubectl("-n", sweeps.namespace, *arguments)
        except ClusterError as error:
            text = str(error)
        (folder / file).write_text(text)
    if sweeps.target.built_in is not None:
        link = folder / "cluster-logs"
        link.unlink(missing_ok=True)
        link.symlink_to(sweeps.target.built_in.logs)
    return folder
