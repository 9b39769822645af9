"""Records learning curves: python -m tests.bench.curves.record [TASK ...]

It takes some two minutes of one core, and replaces ``recorded.npz``.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from ..search.ours import Ours
from .tasks import TASKS, Task, train

FILE = Path(__file__).with_name("recorded.npz")
CONFIGURATIONS = 120


def record(task: Task) -> dict[str, np.ndarray]:
    """Curves of shape (n, epochs), and seconds of one core for each epoch of shape (n,)."""
    # Quasi-random configurations; the same each time.
    configs = Ours(task.space, 11, "sobol").ask(CONFIGURATIONS)
    curves, seconds = [], []
    for config in configs:
        began = time.process_time()
        curves.append(train(task, config))
        seconds.append((time.process_time() - began) / len(curves[-1]))
    return {
        # Five digits say enough and compress well.
        f"{task.name}.curves": np.array([[float(f"{v:.4g}") for v in c] for c in curves], "f4"),
        f"{task.name}.seconds": np.array(seconds, "f4"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.curves.record")
    parser.add_argument("tasks", nargs="*", help="all unless given")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = dict(np.load(FILE)) if FILE.exists() else {}
    for task in TASKS:
        if not args.tasks or task.name in args.tasks:
            began = time.process_time()
            found |= record(task)
            print(f"{task.name}: {time.process_time() - began:.0f} s", flush=True)
    np.savez_compressed(FILE, **found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
