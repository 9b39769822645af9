"""Tests that processes end together with their descendants."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from sweepjob.local.child_process import SupervisedProcess
from sweepjob.local.supervisor import die_with_parent

from tests.waiting import until, wait_until

SCRIPT = "import time; print('it runs', flush=True); time.sleep(60)"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
Start = Callable[..., "asyncio.Future[SupervisedProcess]"]


def exit_code(parent: int) -> int | None:
    """Return the exit code of a child that believes its parent is ``parent``; None while it runs."""
    hook = partial(die_with_parent, parent)
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, preexec_fn=hook, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        runs = process.stdout.readline() == b"it runs\n"
        if not runs:
            return process.wait()
        process.kill()
        return None


@linux
def test_a_child_whose_parent_has_ended_does_not_start() -> None:
    assert exit_code(os.getppid()) == -signal.SIGKILL
    assert exit_code(os.getpid()) is None


def running(folder: Path) -> list[int]:
    """Return the processes in a folder, without this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Runs Python code in a folder, and checks that no process in it remains."""
    started: list[SupervisedProcess] = []

    async def start(code: str) -> SupervisedProcess:
        command = [sys.executable, "-S", "-c", code]
        with (tmp_path / "printed").open("wb") as output:
            process = await SupervisedProcess.start(command, os.environ, output.fileno(), tmp_path)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


async def await_line(file: Path) -> None:
    await until(lambda: file.stat().st_size, f"{file} is empty")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 139),
        ("print('x' * 200_000)", 0),
    ],
)
async def test_the_exit_code_is_a_shells(start: Start, code: str, expected: int) -> None:
    assert await (await start(code)).wait() == expected


async def test_the_exit_code_of_a_short_process_is_kept(tmp_path: Path) -> None:
    async def run() -> int:
        command = ["/bin/sh", "-c", "exit 3"]
        return await (await SupervisedProcess.start(command, os.environ, 1, tmp_path)).wait()

    async with asyncio.timeout(60):
        assert await asyncio.gather(*(run() for _ in range(60))) == [3] * 60


async def test_a_process_ends_with_its_supervisor(start: Start, tmp_path: Path) -> None:
    process = await start("import time; print(1, flush=True); time.sleep(60)")
    await await_line(tmp_path / "printed")
    process._inner.kill()
    assert await process.wait() == 137
    await process.end()


LEFT_BEHIND = {
    "a child": "os.fork() or time.sleep(60)",
    "one in a session of its own": "os.fork() or (os.setsid(), time.sleep(60))",
    "a daemon": "os.fork() or (os.setsid(), os.fork() or time.sleep(60), time.sleep(0.2), os._exit(0))",
    "one without environment": (
        "os.fork() or (os.setsid(), os.execve(sys.executable, ['x', '-c', 'import time; "
        "time.sleep(60)'], {}))"
    ),
    "one that does not listen": (
        "os.fork() or (signal.signal(signal.SIGTERM, signal.SIG_IGN), time.sleep(60))"
    ),
    "one that starts others": (
        "os.fork() or [os.setsid() if os.fork() == 0 else time.sleep(0.01) for _ in range(4)] "
        "and time.sleep(60)"
    ),
}


@linux
@pytest.mark.parametrize("code", LEFT_BEHIND.values(), ids=LEFT_BEHIND.keys())
async def test_descendants_end_with_their_process(start: Start, tmp_path: Path, code: str) -> None:
    process = await start(f"import os, signal, sys, time\n{code}\ntime.sleep(0.3)")
    started = time.monotonic()
    assert await process.wait() == 0
    assert time.monotonic() - started < 50, "the descendants would run for 60 s"
    assert not running(tmp_path)


async def test_termination_waits_and_a_kill_does_not(start: Start, tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    listens = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(60)
"""
    process = await start(listens)
    await await_line(printed)
    process.terminate()
    assert await process.wait() == 7
    stubborn = await start(listens.replace("lambda *_: sys.exit(7)", "signal.SIG_IGN"))
    await await_line(printed)
    stubborn.terminate()
    waiting = asyncio.create_task(stubborn.wait())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    stubborn.kill()
    assert await waiting == 137


@linux
def test_a_process_ends_with_the_program_that_started_it(tmp_path: Path) -> None:
    """Descendants of any depth, such as a shell's child."""
    code = f"""
import asyncio, os
from pathlib import Path
from sweepjob.local.child_process import SupervisedProcess
async def main():
    command = ["/bin/sh", "-c", "sleep 600 & sleep 600; true"]
    process = await SupervisedProcess.start(command, os.environ, 1, Path({str(tmp_path)!r}))
    print("started", flush=True)
    await process.wait()
asyncio.run(main())
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "operator")}
    program = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, cwd="/"
    )
    assert program.stdout is not None
    assert program.stdout.readline() == b"started\n"
    wait_until(lambda: len(running(tmp_path)) == 3, "the shell and its children do not run")
    program.kill()
    program.communicate(timeout=120)
    wait_until(lambda: not running(tmp_path), "a descendant goes on")
