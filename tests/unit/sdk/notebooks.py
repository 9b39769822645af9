"""Notebooks that are made and executed by tests, in a real kernel."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[3]


def execute(cells: list[str], folder: Path, **env: str) -> list[list[Any]]:
    """The outputs of each cell.

    Raises:
        CellExecutionError: a cell has raised something.
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "operator"), **env}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(cwd=str(folder), env=variables)
    return [cell.outputs for cell in notebook.cells]


def shown(outputs: list[Any], kind: str) -> list[str]:
    """What a cell displays, of a kind: ``text/html``, ``image/png`` ..."""
    return [o["data"][kind] for o in outputs if kind in o.get("data", {})]
