"""``kubectl sweepjob`` as one file, for people who install plug-ins with krew."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.cluster.console import run

from . import archives, interpreters, tools
from .checksums import sha256
from .source import Source

NAME = "kubectl-sweepjob"


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform of kubectl, and the name of its processor in Python."""

    os: str
    arch: str
    machine: str


PLATFORMS = (
    Platform("linux", "amd64", "x86_64"),
    Platform("linux", "arm64", "aarch64"),
    Platform("darwin", "amd64", "x86_64"),
    Platform("darwin", "arm64", "arm64"),
)
_ABOUT = """\
Watch, explain and control hyperparameter sweeps (SweepJobs) of the SweepJob operator.
The semantics are those of Azure Machine Learning's sweep job.
"""
_CAVEATS = """\
Needs Python 3.11 or later as python3. The commands run, propose, replay, ui and report need packages
that the plug-in does not contain: pip install 'sweepjob[local]'.
"""


def selected(text: str) -> tuple[Platform, ...]:
    """Return platforms by their names.

    Args:
        text: names such as ``linux/amd64``, separated by spaces; empty for all.

    Raises:
        ReleaseError: a name is unknown.
    """
    known = {f"{platform.os}/{platform.arch}": platform for platform in PLATFORMS}
    if unknown := [name for name in text.split() if name not in known]:
        raise tools.ReleaseError(f"PLATFORMS has {unknown[0]}; known are {', '.join(known)}")
    return tuple(known[name] for name in text.split()) or PLATFORMS


def package(
    source: Source, output: Path, wheel: Path, platforms: tuple[Platform, ...], url: str
) -> None:
    """Build the program for each platform, and write the manifest for krew.

    Args:
        source: the commit.
        output: folder of the release.
        wheel: the package, which the program contains as it is.
        platforms: the platforms.
        url: address of the folder from which users download the release; empty if it is unknown.
    """
    work = source.folder.parent / "plugin"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(work / "package")
    locked = ("--no-dev", "--format", "pylock.toml")
    (work / "pylock.toml").write_text(tools.requirements(source.folder, *locked))
    hashes = {}
    for platform in platforms:
        program = work / NAME
        _build(source, platform, work, program)
        target = output / archive_name(source.version, platform)
        files = {NAME: program.read_bytes(), "LICENSE": (source.folder / "LICENSE").read_bytes()}
        archives.write_tar(target, files, source.epoch, programs=(NAME,))
        hashes[platform] = sha256(target)
    text = yaml.safe_dump(krew_manifest(source.version, hashes, url), sort_keys=False)
    (output / "krew-sweepjob.yaml").write_text(text)


def archive_name(version: str, platform: Platform) -> str:
    """Return the name of the archive of a platform."""
    return f"{NAME}-{version}-{platform.os}-{platform.arch}.tar.gz"


def krew_manifest(version: str, hashes: dict[Platform, str], url: str) -> dict[str, object]:
    """Return the manifest of the plug-in for krew.

    Args:
        version: version of the release.
        hashes: SHA-256 of the archive of each platform.
        url: address of the folder with the archives; empty if it is unknown. krew then installs
            the plug-in with ``--archive`` only, because names below ``.invalid`` never exist.
    """
    folder = (url or f"https://release.invalid/{version}").rstrip("/")
    platforms = [
        {
            "selector": {"matchLabels": {"os": platform.os, "arch": platform.arch}},
            "uri": f"{folder}/{archive_name(version, platform)}",
            "sha256": digest,
            "bin": NAME,
        }
        for platform, digest in hashes.items()
    ]
    spec = {
        "version": f"v{version}",
        "shortDescription": "Watch and control hyperparameter sweeps",
        "description": _ABOUT,
        "caveats": _CAVEATS,
        "platforms": platforms,
    }
    kinds = {"apiVersion": "krew.googlecontainertools.github.com/v1alpha2", "kind": "Plugin"}
    return {**kinds, "metadata": {"name": "sweepjob"}, "spec": spec}


def _build(source: Source, platform: Platform, work: Path, program: Path) -> None:
    targets = []
    for python in interpreters.PYTHONS:
        file = work / f"{platform.os}-{platform.arch}-{python}.json"
        file.write_text(json.dumps(interpreters.describe(platform.os, platform.machine, python)))
        targets += ["--complete-platform", str(file)]
    run(
        [str(tools.environment() / "bin" / "pex"), "--pylock", "pylock.toml", "--no-build"]
        + ["--sources-directory", "package", "--entry-point", "sweepjob.cli.__main__:main"]
        + ["--python-shebang", "/usr/bin/env python3", "--output-file", str(program), *targets],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(source.epoch)},
        cwd=work,
    )
