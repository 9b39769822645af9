"""Tests what is said about the mode of an output, and about defaults of inputs that are no numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob import Input, Output, command
from sweepjob.loading.azure import ConversionOptions, convert
from sweepjob.sdk.azure_resolution import Resolver
from sweepjob.sdk.current_map import current_map
from sweepjob.sweep import Choice

MODES = [
    ("rw_mount", False),
    ("mount", False),
    ("RW_Mount", False),
    ("upload", True),
    ("direct", True),
]


def notes_of(**parts: Any) -> list[str]:
    """Return what a sweep in Python says about its parts."""
    step = command(image="i:1", command="fit ${{inputs.rate}} ${{outputs.model}}", **parts)
    sweep = step(rate=Choice([1, 2])).sweep(primary_metric="auc", goal="maximize")
    return Resolver(current_map()).resolve(sweep).notes


@pytest.mark.parametrize(("mode", "is_noted"), MODES)
def test_a_mode_is_noted_unless_it_asks_for_a_mounted_folder(mode: str, is_noted: bool) -> None:
    output = Output(claim="models", mode=mode)
    notes = notes_of(inputs={"rate": 1}, outputs={"model": output})
    assert any(f"outputs['model'].mode: '{mode}'" in note for note in notes) == is_noted
    file = {
        "type": "sweep",
        "trial": {"command": "fit ${{outputs.model}}", "environment": {"image": "i:1"}},
        "outputs": {"model": {"mode": mode}},
        "search_space": {"rate": {"type": "choice", "values": [1, 2]}},
        "objective": {"goal": "maximize", "primary_metric": "auc"},
    }
    found = convert(file, ConversionOptions()).notes
    assert any(note.path == "outputs.model.mode" for note in found) == is_noted


def test_other_settings_of_an_output_are_noted() -> None:
    output = Output(claim="models", mode="rw_mount", name="m", version="2")
    notes = notes_of(inputs={"rate": 1}, outputs={"model": output})
    assert [n.partition(":")[0] for n in notes] == [
        "outputs['model'].name",
        "outputs['model'].version",
    ]


@pytest.mark.parametrize("kind", ["integer", "number", "Integer"])
def test_a_default_that_is_no_number_is_a_text(kind: str) -> None:
    inputs = {"rate": 1, "n": Input(type=kind, default="several")}
    assert notes_of(inputs=inputs, outputs={"model": Output(claim="models")}) == []
