"""A short run of the fuzzer over all parsers of what strangers write; ``make fuzz`` runs it for longer."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from tests.cluster.layout import PROJECT
from tests.fuzz.targets import TARGETS

_SECONDS = "10"


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read(name: str) -> None:
    """Also their beginnings, as a connection that breaks leaves them."""
    target = TARGETS[name]
    for seed in target.seeds:
        for length in range(0, len(seed) + 1, max(1, len(seed) // 100)):
            target.read(seed[:length])
        target.read(seed)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris has no wheel here")
def test_no_parser_raises_what_its_caller_does_not_foresee() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", _SECONDS, "all"]
    environment = {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'operator'}", "PATH": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=PROJECT, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Done" in done.stdout
