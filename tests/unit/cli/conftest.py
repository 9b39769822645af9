from __future__ import annotations

from pathlib import Path

import pytest

from .azure_files import COMPONENT, MAP
from .program import Program


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Program:
    return Program(capsys, tmp_path)


@pytest.fixture
def azure_folder(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, with the component of the pipeline and an Azure map."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.yml").write_text(COMPONENT)
    (tmp_path / "map.yaml").write_text(MAP)
    monkeypatch.chdir(tmp_path)
    return tmp_path
