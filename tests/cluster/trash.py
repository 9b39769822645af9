"""Folders with tens of thousands of files, as of a node's images: a minute or two for the disk to forget."""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from pathlib import Path

from .layout import cache


def discard(folder: Path) -> None:
    """Take the folder away at once. It is deleted in the background, and so is what an earlier run,
    interrupted, has left."""
    trash = cache() / "trash"
    trash.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(trash / uuid.uuid4().hex)
    subprocess.Popen(
        ["rm", "-rf", *map(str, trash.iterdir())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
