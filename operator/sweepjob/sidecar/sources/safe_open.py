"""Opens files that a script wrote, safely.

Nothing that the script puts in their place can block the sidecar: it does not wait for a named pipe, and
follows no link out of the shared folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ... import protocol

_REMEDIES = {
    PermissionError: (
        "Let the script create it readable for everybody (umask 022), or set "
        "securityContext.runAsUser in trial.template"
    ),
    IsADirectoryError: "Correct metrics.path",
}


class NotRegular(OSError):
    """It is not a regular file, or it is a link out of its folder."""


def open_regular(path: Path, folder: Path) -> BinaryIO:
    """Open a regular file for reading.

    Args:
        path: the path of the file.
        folder: the folder that a link must not lead out of.

    Raises:
        NotRegular: it is something else, e.g. a named pipe.
        OSError: it does not exist, or cannot be read.
    """
    if path.is_symlink() and not _is_below(path, folder):
        raise NotRegular(0, "it is a link that leads out of its folder", str(path))
    _check(os.stat(path).st_mode, path)  # before opening: the writer of a pipe would notice
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        _check(os.fstat(file.fileno()).st_mode, path)
    except OSError:
        file.close()
        raise
    return file


def _is_below(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _check(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(0, "it is a folder", str(path))
    if not stat.S_ISREG(mode):
        raise NotRegular(0, "it is not a regular file", str(path))


def explain(error: OSError, shown: str) -> str:
    """Return why a file could not be read, and the remedy.

    Args:
        error: the error of opening or reading the file.
        shown: the file's name for the message.
    """
    remedy = next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), "")
    text = f"'{shown}' could not be read: {error.strerror}."
    return f"{text} {remedy}." if remedy else text


def incomplete(texts: Sequence[str]) -> protocol.Notice | None:
    """Return a notice about errors; None without any."""
    if not texts:
        return None
    more = f" The same of {len(texts) - 1} more." if len(texts) > 1 else ""
    return protocol.Notice.of(protocol.REPORTS_INCOMPLETE, texts[0] + more)
