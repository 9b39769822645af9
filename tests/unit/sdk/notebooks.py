"""Creates notebooks and executes them in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[3]


def execute(cells: list[str], folder: Path, **env: str) -> list[list[Any]]:
    """Return the outputs of each cell.

    Raises:
        CellExecutionError: a cell has raised an exception.
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "operator"), **env}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(cwd=str(folder), env=variables)
    return [cell.outputs for cell in notebook.cells]


def shown(outputs: list[Any], kind: str) -> list[str]:
    """Return what a cell displays in a media type, such as ``text/html``."""
    return [o["data"][kind] for o in outputs if kind in o.get("data", {})]
