"""A sweep that this version cannot read is named in lists, and hides no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sweepjob.cli.get import sweep_row
from sweepjob.dashboard.document import sweep_summary
from sweepjob.read_model.sweep_view import SweepView

from .builders import sweepjob

META = {"namespace": "team", "name": "new", "creationTimestamp": "2026-01-01T00:00:00Z"}
OBJECTIVES = [
    {"goal": "approach", "primaryMetric": "a"},
    {"goal": "minimize", "primaryMetric": "b"},
]


def changed(status: Any = None, **spec: Any) -> dict[str, Any]:
    body = sweepjob(**spec)
    body["spec"] = {key: value for key, value in body["spec"].items() if value is not None}
    return {**body, "metadata": META, **({} if status is None else {"status": status})}


@pytest.mark.parametrize(
    "body",
    [
        changed(objective=None),
        changed(objectives=OBJECTIVES),
        changed(limits={}),
        changed(status={"trials": [1]}),
        changed(status={"conditions": [{"type": "Failed"}], "phase": "Failed"}),
        {"metadata": META, "spec": {}},
    ],
)
def test_a_sweep_of_another_version_is_named(body: dict[str, Any]) -> None:
    view = SweepView.of_listed(body)
    assert (view.namespace, view.name) == ("team", "new")
    row = sweep_row(view, 1e9)
    assert json.dumps(row)
    summary = sweep_summary(body, 1e9)
    assert (summary["namespace"], summary["name"]) == ("team", "new")
    assert row["reason"] == "SweepUnreadable" or view == SweepView.of(body)
    assert any("SweepUnreadable: this version cannot read" in text for text in summary["troubles"])


def test_a_sweep_that_can_be_read_is_shown_as_it_is() -> None:
    body = changed()
    assert SweepView.of_listed(body) == SweepView.of(body)
