"""The commit that is released: its files, its version, and its section of the changelog."""

from __future__ import annotations

import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.cluster.console import run

from .tools import ReleaseError

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PACKAGE_VERSION = re.compile(r'__version__ = "(.+)"')


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a commit.

    Attributes:
        folder: folder with the files of the commit, without anything else.
        version: version of the release.
        commit: full hash of the commit.
        epoch: time of the commit in seconds since 1970, which all files of the release get.
        changes: paths that differ from the commit in the working tree; they are not released.
    """

    folder: Path
    version: str
    commit: str
    epoch: int
    changes: tuple[str, ...] = ()


def export(project: Path, folder: Path, version: str) -> Source:
    """Write the files of the commit into a folder.

    Args:
        project: the working tree.
        folder: an empty folder.
        version: version of the release.

    Raises:
        ReleaseError: the commit has another version.
    """
    archive = folder.with_suffix(".tar")
    run(["git", "archive", "--output", str(archive), "HEAD"], cwd=project)
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="tar")
    archive.unlink()
    check_version(folder, version)
    commit, epoch = run(["git", "show", "-s", "--format=%H %ct", "HEAD"], cwd=project).split()
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=project, text=True, capture_output=True, check=True
    )
    changes = tuple(line[3:] for line in status.stdout.splitlines())
    return Source(folder, version, commit, int(epoch), changes)


def check_version(folder: Path, version: str) -> None:
    """Check that the package and the charts have the version of the release.

    Raises:
        ReleaseError: one of them has another version, or the version is none.
    """
    if not _VERSION.fullmatch(version):
        raise ReleaseError(f"VERSION={version!r} is no version such as 1.2.3")
    for file, found in _versions(folder).items():
        if found != version:
            raise ReleaseError(
                f"{file} has {found}, not {version}: set the version in all files that "
                "RELEASING.md lists and commit them, or release the version of the commit"
            )


def _versions(folder: Path) -> dict[str, str]:
    """Return the versions in the files of the commit, by file and field."""
    path = "operator/sweepjob/version.py"
    package = _PACKAGE_VERSION.search((folder / path).read_text())
    versions = {path: package[1] if package else "no version"}
    for chart in ("sweepjob", "sweepjob-crds"):
        path = f"helm/{chart}/Chart.yaml"
        loaded = yaml.safe_load((folder / path).read_text())
        versions[f"version in {path}"] = loaded["version"]
        versions[f"appVersion in {path}"] = loaded["appVersion"]
        for dependency in loaded.get("dependencies", []):
            versions[f"the dependency in {path}"] = dependency["version"]
    return versions
