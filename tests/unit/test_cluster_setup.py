"""What the cluster tool says on machines that cannot hold a cluster."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.cluster import build, layout, packages, pidfile
from tests.cluster.console import ClusterError


def test_not_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ClusterError, match=r"needs Linux; this is darwin.*SWEEPJOB_KUBECONFIG"):
        packages.require_machine()


def test_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ClusterError, match=r"needs root.*user 1000.*SWEEPJOB_KUBECONFIG"):
        packages.require_machine()


def test_no_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ClusterError, match="no 'go' on the PATH"):
        packages.require_go()


def test_missing_packages_without_a_package_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ClusterError, match="missing and there is no apt-get: nosuch"):
        packages.require_packages({"nosuch": "nosuch"})


def test_a_reused_process_id_is_detected(tmp_path: Path) -> None:
    file = tmp_path / "x.pid"
    pidfile.write(file, os.getpid())
    assert pidfile.read(file) == os.getpid()
    file.write_text(f"{os.getpid()} 1")  # as if it had started at another time
    assert pidfile.read(file) is None
    pidfile.kill(file)  # and we are still here
    assert not file.exists()


def test_a_digest_changes_with_the_content_only(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "x").write_text("1")
    before = layout.digest(folder)
    assert layout.digest(folder) == before
    (folder / "x").write_text("2")
    assert layout.digest(folder) != before


def test_an_unknown_kubernetes_is_refused_with_those_that_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SWEEPJOB_KUBERNETES", "1.20")
    with pytest.raises(ClusterError, match=r"'1\.20'.*1\.34, 1\.35, 1\.36, 1\.37"):
        build.version()


@pytest.mark.parametrize("minor", ["", *build.OTHERS])
def test_each_kubernetes_is_pinned_with_its_libraries(
    monkeypatch: pytest.MonkeyPatch, minor: str
) -> None:
    monkeypatch.setenv("SWEEPJOB_KUBERNETES", minor)
    number = build.version()
    folder = layout.MODULES / (f"kubernetes-{minor}" if minor else "kubernetes")
    pinned = (folder / "go.mod").read_text()
    assert f"k8s.io/kubernetes {number}" in pinned
    libraries = [line.split()[-1] for line in pinned.splitlines() if "=> k8s.io/" in line]
    assert set(libraries) == {number.replace("v1.", "v0.")}
    assert f"k8s.io/kubernetes {number} h1:" in (folder / "go.sum").read_text()
