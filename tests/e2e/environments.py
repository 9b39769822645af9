"""Python environments from the lock file, for what cannot share one with the tests."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from tests.cluster import layout
from tests.cluster.console import run


@cache
def environment(group: str, project: Path = layout.PROJECT) -> Path:
    """The environment of a dependency group; kept in the cache.

    Args:
        project: the folder whose pyproject.toml has the group.
    """
    key = layout.digest(project / "uv.lock", sys.version)
    folder = layout.cache() / "environments" / f"{group}-{key}"
    uv = layout.PROJECT / ".uv" / "bin" / "uv"
    run(
        [str(uv), "sync", "--quiet", "--locked", "--no-install-project", "--only-group", group],
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder), "VIRTUAL_ENV": ""},
        cwd=project,
    )
    return folder
