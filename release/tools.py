"""The tools that a release calls: uv, helm, and those of ``release/pyproject.toml``."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cluster import build
from tests.cluster.console import run
from tests.cluster.layout import PROJECT

UV = PROJECT / ".uv" / "bin" / "uv"


class ReleaseError(Exception):
    """Something a person must correct; the text has the cause and the remedy."""


def environment() -> Path:
    """Return the environment with the locked tools of a release, made or brought up to date."""
    folder = PROJECT / "build" / "release-environment"
    env = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "VIRTUAL_ENV": ""}
    command = [str(UV), "sync", "--quiet", "--locked", "--project", str(PROJECT / "release")]
    run(command, env=env)
    return folder


def helm(*arguments: str) -> str:
    """Run Helm, which is compiled when it is missing, and return its standard output."""
    return run([str(build.kubernetes() / "helm"), *arguments])


def requirements(project: Path, *selection: str) -> str:
    """Return the locked requirements of a project, with hashes.

    Args:
        project: folder with the lock file.
        selection: flags of ``uv export`` that select extras and groups.
    """
    flags = ("--quiet", "--frozen", "--no-header", "--no-annotate", "--no-emit-project")
    return run([str(UV), "export", *flags, *selection], cwd=project)
