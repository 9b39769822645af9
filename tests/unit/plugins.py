"""What the tests of plug-ins share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

OTHER = "distribution other 1.0"


ROOT = Path(__file__).parents[2]


TOY = ROOT / "tests" / "plugin"


STOP = {"type": "worst", "leastTrials": 2, "delayEvaluation": 2}


# Of these the third and the fourth level are the lowest until then.
SEARCH = {"type": "shifted", "seed": 7, "seedShift": 2}


def run_program(folder: Path, plugins: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (ROOT / "operator", ROOT, plugins)))
    environment = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "sweepjob.cli", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
