"""The models of this machine: a folder for each version of each name."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, ClassVar

from ..training.registered_model import RegisteredModel as _Registered
from ._other_members import OtherMembers
from .exceptions import ModelNotFoundException, UserErrorException

MODELS_VARIABLE = "SWEEPJOB_MODELS"
_TAGS, _OTHER = ".tags.json", ".model.json"


class RegisteredModel(_Registered, OtherMembers):
    """A version of a model, whose files are in a folder of this machine."""

    _refused: ClassVar[Mapping[str, str]] = {
        "deploy package print_configuration profile": "models are not deployed here; serve the files, "
        "e.g. with KServe",
        "add_dataset_references add_properties add_tags remove_tags update update_tags_properties": "a "
        "version is not changed; give tags= and properties= when it is registered",
        "created_by datasets get_sas_urls mime_type model_framework resource_configuration "
        "sample_input_dataset sample_output_dataset": "it is not kept; remove this line",
    }

    @property
    def run_id(self) -> str:
        """Name of the trial that it comes from; empty if it was registered from a file."""
        return str(self.tags.get("run_id", ""))

    @property
    def created_time(self) -> datetime:
        """Time of the registration."""
        return datetime.fromtimestamp(self.path.parent.stat().st_mtime, timezone.utc)  # noqa: UP017 for images with Python 3.8

    @property
    def url(self) -> str:
        """Address of its files."""
        return self.path.as_uri()

    def download(
        self, target_dir: str = ".", exist_ok: bool = False, exists_ok: bool = False
    ) -> str:
        """Copy the files to a folder.

        Args:
            target_dir: The folder.
            exist_ok: True to replace files.
            exists_ok: The same, by an old name.

        Returns:
            The path of the file, or of the folder.

        Raises:
            UserErrorException: A file exists, and ``exist_ok`` is False.
        """
        target = Path(target_dir) / self.path.name
        if target.exists() and not (exist_ok or exists_ok):
            raise UserErrorException(f"{target} exists; give exist_ok=True to replace it")
        _copy(self.path, target)
        return str(target)

    def delete(self) -> None:
        """Delete this version."""
        shutil.rmtree(self.path.parent)


def models_folder() -> Path:
    """Return the folder of the models: ``SWEEPJOB_MODELS``, or ``.sweepjob-models``."""
    return Path(os.environ.get(MODELS_VARIABLE) or ".sweepjob-models").absolute()


def register(
    name: str,
    source: Path,
    tags: Mapping[str, Any],
    properties: Mapping[str, Any] | None = None,
    description: str | None = None,
) -> RegisteredModel:
    """Copy a file or a folder as a new version of a model.

    Args:
        name: Name of the model.
        source: The file or folder.
        tags: Tags of the version.
        properties: Properties of the version.
        description: Description of the version.

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
    other = {"properties": dict(properties or {}), "description": description or ""}
    (folder / _OTHER).write_text(json.dumps(other, default=str))
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
    files = [entry for entry in folder.iterdir() if entry.name not in (_TAGS, _OTHER)]
    tags, other = (
        json.loads((folder / name).read_text()) if (folder / name).exists() else {}
        for name in (_TAGS, _OTHER)
    )
    return RegisteredModel(folder.parent.name, int(folder.name), files[0], tags, **other)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
