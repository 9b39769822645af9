"""The files of a trial: ``outputs``, ``logs``, uploads, and the record of what the script logged.

Names are those of Azure's client: ``outputs/model.pkl``, ``logs/train.log``, or any uploaded name.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .environment import FOLDERS, OUTPUTS

# Below ``outputs``, which is what persists.
RECORD_FOLDER = ".run"
ITS_OWN_NAME = "each file is written under its own name, below output_directory"
RECORD, UPLOADS = "record.jsonl", "files"


class RunFiles:
    """The files of one trial.

    Args:
        folders: The folders ``outputs`` and ``logs``, by these names.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._hidden = folders[OUTPUTS] / RECORD_FOLDER

    def path(self, name: str) -> Path:
        """Return the path of a file.

        Args:
            name: Name of the file.

        Raises:
            ValueError: The name leaves the folders of the trial.
        """
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if ".." in parts or not name:
            raise ValueError(f"{name!r}: must be a relative path without '..'")
        if not parts:  # the folder of all files
            return self._folders[OUTPUTS]
        if parts[0] in FOLDERS:
            return self._folders[parts[0]].joinpath(*parts[1:])
        return self._hidden.joinpath(UPLOADS, *parts)

    def names(self) -> list[str]:
        """Return the names of all files, sorted."""
        found = []
        for prefix, folder in (*self._folders.items(), ("", self._hidden / UPLOADS)):
            for file in folder.rglob("*"):
                parts = file.relative_to(folder).parts
                if file.is_file() and parts[0] != RECORD_FOLDER:
                    found.append("/".join((prefix, *parts) if prefix else parts))
        return sorted(found)

    def save(self, name: str, source: str | Path | BinaryIO) -> Path:
        """Copy a file, or a stream, to a name.

        Args:
            name: Name of the file.
            source: Path of the file, or an open stream.
        """
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(source, (str, Path)):
            with target.open("wb") as file:
                shutil.copyfileobj(source, file)
        elif not (target.exists() and Path(source).samefile(target)):
            shutil.copyfile(source, target)
        return target

    def append(self, entry: Mapping[str, Any]) -> None:
        """Append an entry to the record.

        Args:
            entry: The entry. What is not JSON is kept as text.
        """
        self._hidden.mkdir(parents=True, exist_ok=True)
        with (self._hidden / RECORD).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")

    def entries(self) -> list[dict[str, Any]]:
        """Return the entries of the record, without one that a killed script has not finished."""
        try:
            text = (self._hidden / RECORD).read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        found = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                found.append(entry)
        return found


def _downloaded_name(name: str, prefix: str | None, append_prefix: bool) -> str:
    """Return the path of a downloaded file below its folder.

    Args:
        name: Name of the file.
        prefix: What the names of the downloaded files begin with.
        append_prefix: Whether the path has the prefix; that of a file of this name always has.
    """
    rest = name if append_prefix else name[len(prefix or "") :].lstrip("/")
    return rest or Path(name).name


def copy_to(source: Path, name: str, target: str | Path | None) -> str:
    """Copy a file to a path, or into a folder.

    Args:
        source: The file.
        name: Name of the file in the trial.
        target: Path, or folder, to copy it to; the working directory by default.

    Returns:
        The path of the copy.

    Raises:
        FileNotFoundError: There is no such file.
    """
    if not source.is_file():
        raise FileNotFoundError(f"{name}: the run has no such file")
    path = Path(target or Path(name).name)
    if path.is_dir() or str(target or "").endswith("/"):
        path = path / Path(name).name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    return str(path)


def copy_all(
    files: RunFiles, prefix: str | None, folder: str | None, *, append_prefix: bool
) -> None:
    """Copy files with their folders; one that is its own target is left as it is.

    Args:
        files: The files of a run.
        prefix: What their names begin with; all by default.
        folder: Folder to copy them to; the working directory by default.
        append_prefix: Whether the paths of the copies have the prefix.
    """
    for name in files.names():
        if not name.startswith(prefix or ""):
            continue
        source = files.path(name)
        target = Path(folder or ".", _downloaded_name(name, prefix, append_prefix))
        if source.resolve() != target.resolve():  # the working directory may have them
            copy_to(source, name, str(target))
