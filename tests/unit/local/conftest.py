"""Sweeps on this machine that leave no process behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .runs import Local, processes_in


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    yield Local(tmp_path)
    assert not processes_in(tmp_path), "no process is left"
