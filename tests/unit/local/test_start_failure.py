"""Tests the exit code and the message of trainers that cannot be started."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from sweepjob.local.child_process import SupervisedProcess
from sweepjob.local.start_failure import start_failure


def script(file: Path, text: str, mode: int = 0o755) -> str:
    file.write_bytes(text.encode())
    file.chmod(mode)
    return f"./{file.name}"


async def failure(command: list[str], folder: Path, **env: str) -> tuple[int, str]:
    """Return the exit code and the message of a real attempt to start a command."""
    environment = {**os.environ, **env}
    with pytest.raises((OSError, ValueError)) as raised:
        await SupervisedProcess.start(command, environment, 1, folder)
    return start_failure(raised.value, command, environment, folder)


CASES = {
    "not there": (["no-such-program", "--x"], 127, "'no-such-program' was not found in PATH"),
    "not there by its path": (["/opt/no/such/python"], 127, "'/opt/no/such/python' was not found"),
    "an argument": (["--lr=0.1"], 127, "the command must begin with one"),
    "a file of that name": (["plain.py"], 127, "write ./plain.py or e.g. python plain.py"),
    "a folder": (["./folder"], 126, "it is a folder"),
    "not executable": (["./plain.py"], 126, "make it executable"),
    "below a file": (["./plain.py/x"], 126, "Not a directory"),
    "no interpreter": (["./lost.sh"], 126, "its interpreter '/no/such/interpreter' does not exist"),
    "Windows line endings": (["./windows.sh"], 126, "Windows line endings"),
    "no first line": (["./bare.sh"], 126, "does not begin with '#!INTERPRETER'"),
    "too long": (
        ["true", "x" * 3_000_000],
        126,
        "Argument list too long: the command has 3,000,006",
    ),
    "a null byte": (["true", "a\0b"], 126, "null byte"),
    "not a text of this system": (["true", "\ud800"], 126, "surrogates not allowed"),
    "an empty word": ([""], 127, "first word is empty"),
}


@pytest.mark.parametrize(("command", "code", "words"), CASES.values(), ids=CASES.keys())
async def test_why_a_program_does_not_start(
    tmp_path: Path, command: list[str], code: int, words: str
) -> None:
    (tmp_path / "folder").mkdir()
    script(tmp_path / "plain.py", "print(1)\n", mode=0o644)
    script(tmp_path / "lost.sh", "#!/no/such/interpreter -x\n")
    script(tmp_path / "windows.sh", "#!/bin/sh\r\necho 1\r\n")
    script(tmp_path / "bare.sh", "echo 1\n")
    found, said = await failure(command, tmp_path)
    assert (found, words in said) == (code, True), said
    assert len(said) < 500


async def test_a_deleted_folder_is_reported(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert await failure(["true"], gone) == (
        126,
        f"the working folder of the trials no longer exists: {gone}",
    )


async def test_the_path_of_the_trial_is_searched(tmp_path: Path) -> None:
    code, said = await failure(["sh"], tmp_path, PATH=str(tmp_path))
    assert (code, said) == (127, "'sh' was not found in PATH")


@pytest.mark.parametrize("command", [["no-such-program"], ["./folder"], ["./plain.py"], ["/etc/x"]])
async def test_codes_are_those_of_a_shell(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "folder").mkdir()
    script(tmp_path / "plain.py", "print(1)\n", mode=0o644)
    code, _ = await failure(command, tmp_path)
    shell = await asyncio.create_subprocess_exec("/bin/sh", "-c", *command, cwd=tmp_path)
    assert await shell.wait() == code
