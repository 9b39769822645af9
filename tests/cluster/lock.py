"""Locks between processes: of two checkouts, or of two that run tests."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from . import layout


def lock_file(name: str) -> TextIO:
    """The file of a lock, open; the lock ends with the process at the latest."""
    folder = layout.cache() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / name).open("w")


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """What one process on this machine may do at a time: a build whose result is in the cache."""
    with lock_file(name) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
