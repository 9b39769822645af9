"""A process that dies with the program that started it, whenever that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial

import pytest
from sweepjob.local.process import prepare

SCRIPT = "import time; time.sleep(20)"


def exit_code(parent: int) -> int | None:
    """Of a process that was started by ``parent``, as far as it knows; None while it runs."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], preexec_fn=partial(prepare, parent))
    try:
        return process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:
        return None
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_one_whose_parent_ended_before_it_could_ask_to_die_with_it() -> None:
    assert exit_code(os.getppid()) == -signal.SIGKILL
    assert exit_code(os.getpid()) is None
