"""The reasons of policies, where users look them up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sweepjob.early_stopping.policies.declaration import PolicyDeclaration
from sweepjob.early_stopping.policies.registry import POLICIES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "trial-outcomes.md"
PAUSING = {"asha", "auto", "hyperband"}


def own_declarations() -> list[PolicyDeclaration]:
    """The policies of this version; those of plug-ins that happen to be installed are left out."""
    return [each for each in POLICIES.declarations() if not POLICIES.distribution_of(each.name)]


def rows(beginning: str) -> Iterator[str]:
    for line in PAGE.read_text().splitlines():
        if line.startswith(f"| {beginning}"):
            yield line


@pytest.mark.parametrize("declaration", own_declarations(), ids=lambda each: each.name)
def test_the_page_of_outcomes_names_the_reason_of_every_policy(
    declaration: PolicyDeclaration,
) -> None:
    [stopped] = rows("A policy stopped the trial.")
    assert f"`{declaration.reason}`" in stopped
    paused = [*rows("A policy paused the trial."), *rows("A policy had [paused]")]
    assert len(paused) == 2
    for row in paused:
        assert (f"`{declaration.reason}`" in row) == (declaration.name in PAUSING)
