"""The machine's GPUs, and which trial has which."""

from __future__ import annotations

import os
import subprocess


def visible() -> tuple[str, ...]:
    """The GPUs that may be used, as CUDA_VISIBLE_DEVICES names them; none where there are none."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1"))
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(listed.stdout.split())


class Devices:
    """GPUs that are handed out and come back.

    Args:
        names: of all of them. Without any, whatever is asked for is granted, and nothing is handed out:
            a sweep that wants GPUs can be tried on a machine that has none.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._free = list(names)
        self._exist = bool(names)

    def take(self, count: int) -> tuple[str, ...] | None:
        """So many of them, or None while there are not as many."""
        if not self._exist or count == 0:
            return ()
        if count > len(self._free):
            return None
        taken, self._free = self._free[:count], self._free[count:]
        return tuple(taken)

    def give_back(self, names: tuple[str, ...]) -> None:
        self._free = [*names, *self._free]
