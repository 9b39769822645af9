from __future__ import annotations

from pathlib import Path

import pytest

from .program import Program


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Program:
    return Program(capsys, tmp_path)
