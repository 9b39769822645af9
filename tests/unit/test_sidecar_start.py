"""The start of the sidecar's process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sweepjob import protocol

PACKAGE = Path(__file__).parents[2] / "operator"
# A signal that comes as soon as the process can keep it; the last line has what was loaded by then.
TERMINATED_AT_ONCE = """
import json, os, signal, sys

block = signal.pthread_sigmask
loaded = []

def block_and_receive(how, signals):
    found = block(how, signals)
    if how == signal.SIG_BLOCK:
        loaded.extend(name for name in sys.modules if name.startswith("sweepjob."))
        os.kill(os.getpid(), signal.SIGTERM)
    return found

signal.pthread_sigmask = block_and_receive
from sweepjob.sidecar import __main__
code = __main__.main()
print(json.dumps(loaded))
sys.exit(code)
"""


def test_a_signal_that_comes_while_modules_are_loaded_is_not_lost(tmp_path: Path) -> None:
    """The first process of a container would lose it, and be killed after the whole grace period."""
    settings = {
        protocol.OPERATOR_URL: "https://127.0.0.1:1",
        protocol.PRIMARY_METRIC: "score",
        protocol.NAMESPACE: "team",
        protocol.TRIAL: "sweep-1",
        protocol.SOURCE: protocol.FILE,
        protocol.SOURCE_PATH: str(tmp_path / "metrics.jsonl"),
    }
    (tmp_path / "metrics.jsonl").write_text('{"score": 0.5}\n')
    environment = {
        "PYTHONPATH": str(PACKAGE),
        protocol.ENV_SETTINGS: json.dumps(settings),
        protocol.ENV_JOURNAL: str(tmp_path / "journal"),
        protocol.ENV_TOKEN_FILE: str(tmp_path / "token"),
        protocol.ENV_TERMINATION_LOG: str(tmp_path / "termination-log"),
    }
    command = [sys.executable, "-S", "-c", TERMINATED_AT_ONCE]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert set(loaded) == {"sweepjob.version", "sweepjob.sidecar", "sweepjob.sidecar.__main__"}
    assert "1 reports of score" in done.stderr
    assert json.loads((tmp_path / "termination-log").read_text())["count"] == 1
