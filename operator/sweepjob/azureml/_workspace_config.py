"""The file ``config.json`` of a workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

CONFIG = "config.json"


def read_config(path: str | None, name: str) -> Mapping[str, str]:
    """Return what the file says; nothing where there is none.

    Args:
        path: The file, or its folder; by default the current folder and those above are searched.
        name: Name of the file.
    """
    found = next((file for file in _places(path, name) if file.is_file()), None)
    text = "{}" if found is None else found.read_text(encoding="utf-8-sig")
    config: Mapping[str, str] = json.loads(text)
    return config


def write_config(config: Mapping[str, str], path: str | None, name: str) -> None:
    """Write the file.

    Args:
        config: What it says.
        path: Folder; ``.azureml`` is created in it. The current folder by default.
        name: Name of the file.
    """
    folder = Path(path or ".") / ".azureml"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(config, indent=4))


def _places(path: str | None, name: str) -> list[Path]:
    folders = [Path(path)] if path else [Path.cwd(), *Path.cwd().parents]
    if path and Path(path).is_file():
        return [Path(path)]
    return [
        folder / prefix / name for folder in folders for prefix in ("aml_config", ".azureml", "")
    ]
