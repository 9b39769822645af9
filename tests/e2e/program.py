"""The command line as a person runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .sweeps import Sweeps


@dataclass(frozen=True)
class Program:
    """``sweepjob`` in a process of its own, with kubectl in its PATH."""

    sweeps: Sweeps

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        target = self.sweeps.target
        kubectl = Path(target.kubectl_program).parent
        env = {**os.environ, "KUBECONFIG": str(target.kubeconfig), "PYTHONIOENCODING": "utf-8"}
        env |= {"PATH": f"{kubectl}:{os.environ['PATH']}", "PYTHONPATH": "operator"}
        command = [sys.executable, "-m", "sweepjob.cli", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, text=True, env={**env, **more.pop("env", {})}, **pipes)

    def fails(self, *arguments: str) -> str:
        """What it says when it cannot do it."""
        process = self.start(*arguments, "-n", self.sweeps.namespace)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 2, out
        assert err.startswith("error: "), err
        return err

    def __call__(self, *arguments: str) -> str:
        process = self.start(*arguments, "-n", self.sweeps.namespace)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err
        return out
