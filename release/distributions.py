"""The wheel and the source distribution of the Python package."""

from __future__ import annotations

import os
from pathlib import Path

from tests.cluster.console import run

from . import tools
from .source import Source


def build(source: Source, output: Path) -> Path:
    """Build both with the locked build backend, and return the wheel.

    Args:
        source: the commit.
        output: folder of the release.
    """
    python = tools.environment() / "bin" / "python"
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(source.epoch), "VIRTUAL_ENV": ""}
    command = [str(tools.UV), "build", "--quiet", "--no-build-isolation", "--no-create-gitignore"]
    run([*command, "--python", str(python), "--out-dir", str(output)], env=env, cwd=source.folder)
    [wheel] = output.glob("*.whl")
    return wheel
