"""Finds the GPUs of the machine and allocates them to trials."""

from __future__ import annotations

import os
import subprocess


def visible_gpus() -> tuple[str, ...]:
    """Return the names of the usable GPUs, as in CUDA_VISIBLE_DEVICES.

    ``nvidia-smi`` lists them, since CUDA's libraries are not a dependency.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1"))
    query = ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"]
    try:
        listed = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(listed.stdout.split())


class GpuAllocator:
    """Allocates GPUs to trials.

    Args:
        names: names of all GPUs. Without any, each request is granted without a GPU, so that a sweep
            with GPUs can be tried on a machine that has none.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._free = list(names)
        self._exist = bool(names)

    def allocate(self, count: int) -> tuple[str, ...] | None:
        """Return the names of ``count`` free GPUs; None if there are fewer."""
        if not self._exist or count == 0:
            return ()
        if count > len(self._free):
            return None
        allocated, self._free = self._free[:count], self._free[count:]
        return tuple(allocated)

    def release(self, names: tuple[str, ...]) -> None:
        """Make GPUs available again."""
        self._free = [*names, *self._free]
