"""What the cluster tool says on machines that cannot hold a cluster."""

from __future__ import annotations

import shutil
import sys

import pytest

from tests.cluster import layout, packages
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


def test_packages_missing_and_no_way_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "PACKAGES", {"nosuch": "nosuch"})
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ClusterError, match="missing and there is no apt-get: nosuch"):
        packages.require_packages()


def test_a_digest_changes_with_the_content_only(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "a"
    folder.mkdir()
    (folder / "x").write_text("1")
    before = layout.digest(folder)
    assert layout.digest(folder) == before
    (folder / "x").write_text("2")
    assert layout.digest(folder) != before
