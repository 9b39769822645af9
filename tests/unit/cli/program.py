"""Runs the program in this process, as a user runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from sweepjob.cli.__main__ import main

AZURE = Path(__file__).parents[2] / "data" / "azure"


@dataclass
class Program:
    """The program. ``out`` and ``err`` have the two streams of the last run."""

    capture: pytest.CaptureFixture[str]
    folder: Path
    out: str = ""
    err: str = ""

    def __call__(self, *arguments: object) -> int:
        code = main([str(argument) for argument in arguments])
        self.out, self.err = self.capture.readouterr()
        assert "Traceback" not in self.err
        return code

    def file(self, text: str | bytes, name: str = "sweep.yaml") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path
