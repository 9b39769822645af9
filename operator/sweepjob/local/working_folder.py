"""The working folder of a trial: links to the code, and ``outputs`` and ``logs`` of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..training.environment import FOLDERS

_WORK = "work"
# Not linked: what trials write, and the folder of local sweeps.
_EXCLUDED = (*FOLDERS, ".sweepjob")


def make_working_folder(root: Path, trial: str, code: Path) -> Path:
    """Create the working folder of a trial, which all its attempts share.

    The files and folders of the code are links, so that nothing is copied, and a script finds its modules
    and data as in the folder of the code. ``outputs`` and ``logs`` are folders of the trial.

    Args:
        root: folder of the sweep.
        trial: name of the trial.
        code: folder of the code.

    Returns:
        The working folder.
    """
    folder = root / _WORK / trial
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for entry in code.iterdir():
        link = folder / entry.name
        if entry.name not in _EXCLUDED and not os.path.lexists(link):
            link.symlink_to(entry.absolute())
    return folder


def keep_own_folders(root: Path, trial: str, code: Path) -> None:
    """Copy ``outputs`` and ``logs`` that an attempt wrote beside its code, which is about to be removed.

    Args:
        root: folder of the sweep.
        trial: name of the trial.
        code: folder of the attempt's copy of the code.
    """
    for name in FOLDERS:
        written = code / name
        # A link leads to an output, which is kept as it is.
        if written.is_dir() and not written.is_symlink():
            shutil.copytree(written, root / _WORK / trial / name, symlinks=True, dirs_exist_ok=True)


def own_folders(root: Path, trial: str) -> dict[str, Path]:
    """Return ``outputs`` and ``logs`` of a trial by name; none if its sweep has no code.

    Args:
        root: folder of the sweep.
        trial: name of the trial.
    """
    folders = {name: root / _WORK / trial / name for name in FOLDERS}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}
