"""Node.js for tests of the page's modules. It comes with Playwright: nobody has to install it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import playwright

_PROGRAM = "node.exe" if sys.platform == "win32" else "node"
NODE = Path(playwright.__file__).parent / "driver" / _PROGRAM


def run_node(arguments: Sequence[str | Path], seconds: float = 60) -> str:
    """Runs Node.js; returns what it printed.

    Raises:
        AssertionError: it failed; with what it printed.
    """
    command = [str(NODE), *map(str, arguments)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert process.returncode == 0, f"{process.stdout}\n{process.stderr}"
    return process.stdout
