"""The models of this machine: a folder for each version of each name."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..training.registered_model import RegisteredModel as _Registered
from .exceptions import ModelNotFoundException, UserErrorException

MODELS_VARIABLE = "SWEEPJOB_MODELS"
_TAGS = ".tags.json"


class RegisteredModel(_Registered):
    """A version of a model, whose files are in a folder of this machine."""

    @property
    def url(self) -> str:
        """Address of its files."""
        return self.path.as_uri()

    def download(self, target_dir: str = ".", exist_ok: bool = False, **azure: Any) -> str:
        """Copy the files to a folder.

        Args:
            target_dir: The folder.
            exist_ok: True to replace files.
            azure: Azure's other arguments; ignored.

        Returns:
            The path of the file, or of the folder.

        Raises:
            UserErrorException: A file exists, and ``exist_ok`` is False.
        """
        target = Path(target_dir) / self.path.name
        if target.exists() and not exist_ok:
            raise UserErrorException(f"{target} exists; give exist_ok=True to replace it")
        _copy(self.path, target)
        return str(target)

    def delete(self) -> None:
        """Delete this version."""
        shutil.rmtree(self.path.parent)


def models_folder() -> Path:
    """Return the folder of the models: ``SWEEPJOB_MODELS``, or ``.sweepjob-models``."""
    return Path(os.environ.get(MODELS_VARIABLE) or ".sweepjob-models").absolute()


def register(name: str, source: Path, tags: Mapping[str, Any]) -> RegisteredModel:
    """Copy a file or a folder as a new version of a model.

    Args:
        name: Name of the model.
        source: The file or folder.
        tags: Tags of the version.

    Raises:
        UserErrorException: There is no such file or folder, or the name has a slash.
    """
    if not source.exists():
        raise UserErrorException(f"register_model: {source}: no such file or folder")
    if not name or "/" in name or name.startswith("."):
        raise UserErrorException(
            f"register_model: {name!r}: a name has no slash, and no dot in front"
        )
    version = max((model.version for model in models(name)), default=0) + 1
    folder = models_folder() / name / str(version)
    folder.mkdir(parents=True)
    _copy(source, folder / source.name)
    (folder / _TAGS).write_text(json.dumps(dict(tags), default=str))
    return _model(folder)


def models(name: str | None = None) -> list[RegisteredModel]:
    """Return all versions of a model, or of all models, the newest first.

    Args:
        name: Name of the model; all by default.
    """
    folders = [f for f in models_folder().glob(f"{name or '*'}/*") if f.name.isdigit()]
    return [
        _model(folder) for folder in sorted(folders, key=lambda f: (f.parent.name, -int(f.name)))
    ]


def find_model(name: str, version: Any = None) -> RegisteredModel:
    """Return a version of a model.

    Args:
        name: Name of the model.
        version: The version; the newest by default.

    Raises:
        ModelNotFoundException: There is no such model.
    """
    found = [m for m in models(name) if version is None or m.version == int(version)]
    if not found:
        listed = ", ".join(model.id for model in models()) or "none"
        raise ModelNotFoundException(
            f"model {name!r}: not in {models_folder()}; there are: {listed}"
        )
    return found[0]


def _model(folder: Path) -> RegisteredModel:
    files = [entry for entry in folder.iterdir() if entry.name != _TAGS]
    tags = json.loads((folder / _TAGS).read_text()) if (folder / _TAGS).exists() else {}
    return RegisteredModel(folder.parent.name, int(folder.name), files[0], tags)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
