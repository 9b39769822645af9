"""Explains why a trainer could not be started, with the exit code that a shell reports."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

NOT_FOUND, NOT_EXECUTABLE = 127, 126
_SHEBANG = 256  # bytes of a script in which the kernel looks for the interpreter


def start_failure(
    error: OSError | ValueError,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
) -> tuple[int, str]:
    """Return the exit code, and a message with the remedy.

    Args:
        error: the error of the start.
        command: the program and its arguments.
        environment: environment variables.
        folder: working directory.
    """
    program = command[0] if command else ""
    if not isinstance(error, OSError) or error.errno is None:
        return NOT_EXECUTABLE, f"cannot start {program!r}: {error}"
    if error.filename == str(folder) and not folder.is_dir():
        return NOT_EXECUTABLE, f"the working folder of the trials no longer exists: {folder}"
    if not program:
        return NOT_FOUND, "the command's first word is empty; it must be a program"
    file = _find(program, environment, folder)
    message = f"cannot start {program!r}: {error.strerror}"
    match error.errno:
        case errno.ENOENT if file is None:
            return NOT_FOUND, _not_found(program, folder)
        case errno.ENOENT:
            return NOT_EXECUTABLE, f"cannot start {program!r}: {_interpreter(file)}"
        case errno.EACCES if "/" in program and (folder / program).is_dir():
            return NOT_EXECUTABLE, f"cannot start {program!r}: it is a folder, not a program"
        case errno.EACCES:
            remedy = "make it executable (chmod +x), or begin the command with its interpreter"
            return NOT_EXECUTABLE, f"{message}; {remedy}"
        case errno.ENOEXEC:
            remedy = (
                "it is not an executable of this system, and does not begin with '#!INTERPRETER'"
            )
            return NOT_EXECUTABLE, f"{message}; {remedy}"
        case errno.E2BIG:
            size = sum(len(os.fsencode(word)) + 1 for word in command)
            remedy = f"the command has {size:,} bytes; put values into a file"
            return NOT_EXECUTABLE, f"{message}: {remedy}"
    return NOT_EXECUTABLE, message


def _find(program: str, environment: Mapping[str, str], folder: Path) -> Path | None:
    """Return the file of a program; None if it does not exist."""
    if "/" in program:
        file = folder / program
        return file if file.exists() else None
    found = shutil.which(program, path=environment.get("PATH", os.defpath))
    return None if found is None else folder / found


def _not_found(program: str, folder: Path) -> str:
    if program.startswith("-"):
        return f"{program!r} is not a program; the command must begin with one, e.g. python"
    message = f"{program!r} was not found"
    if "/" in program:
        return f"{message} (relative to {folder})"
    if (folder / program).is_file():
        remedy = f"to run the file of that name, write ./{program} or e.g. python {program}"
        return f"{message} in PATH; {remedy}"
    return f"{message} in PATH"


def _interpreter(file: Path | None) -> str:
    try:
        with open(file or "", "rb") as script:
            first = script.read(_SHEBANG).partition(b"\n")[0].decode(errors="replace")
    except OSError:
        first = ""
    if not first.startswith("#!"):
        return "its loader does not exist (it was built for another system)"
    hint = "; the file has Windows line endings" if first.endswith("\r") else ""
    interpreter = (first[2:].split() or [""])[0]
    return f"its interpreter {interpreter!r} does not exist{hint}"
