"""Why a trainer could not be started, and the exit code that a shell has for it."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

NOT_FOUND, NOT_EXECUTABLE = 127, 126
_SHEBANG = 256  # bytes of a script that the kernel reads for its interpreter


def start_failure(
    error: OSError | ValueError,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
) -> tuple[int, str]:
    """The exit code and a sentence with the remedy.

    Args:
        error: of the attempt to start it.
        command, environment, folder: what it was to be started with.
    """
    program = command[0] if command else ""
    if not isinstance(error, OSError) or error.errno is None:
        return NOT_EXECUTABLE, f"cannot start {program!r}: {error}"
    if error.filename == str(folder) and not folder.is_dir():
        return NOT_EXECUTABLE, f"the folder that trials run in is not there any more: {folder}"
    if not program:
        return NOT_FOUND, "the command's first word is empty; it must be a program"
    file = _find(program, environment, folder)
    said = f"cannot start {program!r}: {error.strerror}"
    match error.errno:
        case errno.ENOENT if file is None:
            return NOT_FOUND, _not_found(program, folder)
        case errno.ENOENT:
            return NOT_EXECUTABLE, f"cannot start {program!r}: {_interpreter(file)}"
        case errno.EACCES if "/" in program and (folder / program).is_dir():
            return NOT_EXECUTABLE, f"cannot start {program!r}: it is a folder, not a program"
        case errno.EACCES:
            remedy = "make it executable (chmod +x), or begin the command with its interpreter"
            return NOT_EXECUTABLE, f"{said}; {remedy}"
        case errno.ENOEXEC:
            remedy = "it is no program of this system, and has no first line '#!INTERPRETER'"
            return NOT_EXECUTABLE, f"{said}; {remedy}"
        case errno.E2BIG:
            size = sum(len(os.fsencode(word)) + 1 for word in command)
            return NOT_EXECUTABLE, f"{said}: the command has {size:,} bytes; put values into a file"
    return NOT_EXECUTABLE, said


def _find(program: str, environment: Mapping[str, str], folder: Path) -> Path | None:
    """The file that was to be run."""
    if "/" in program:
        file = folder / program
        return file if file.exists() else None
    found = shutil.which(program, path=environment.get("PATH", os.defpath))
    return None if found is None else folder / found


def _not_found(program: str, folder: Path) -> str:
    if program.startswith("-"):
        return f"{program!r} is no program; the command must begin with one, e.g. python"
    said = f"{program!r} is not there"
    if "/" in program:
        return f"{said} (seen from {folder})"
    if (folder / program).is_file():
        return f"{said} in PATH; to run the file of that name, write ./{program} or e.g. python {program}"
    return f"{said} in PATH"


def _interpreter(file: Path | None) -> str:
    try:
        with open(file or "", "rb") as script:
            first = script.read(_SHEBANG).partition(b"\n")[0].decode(errors="replace")
    except OSError:
        first = ""
    if not first.startswith("#!"):
        return "what it needs to be loaded is not there (it is made for another system)"
    hint = "; the file has line ends of Windows" if first.endswith("\r") else ""
    interpreter = (first[2:].split() or [""])[0]
    return f"its first line asks for {interpreter!r}, which is not there{hint}"
