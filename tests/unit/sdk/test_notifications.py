"""Notifications in Python."""

from __future__ import annotations

from typing import Any

import pytest
from sweepjob import Notification, command
from sweepjob.sweep import ArgumentError, Choice, SweepJob


def sweep(**arguments: Any) -> SweepJob:
    job = command(command="train ${{inputs.lr}}", image="train:1", inputs={"lr": 0.1})
    return job(lr=Choice([0.1, 0.2])).sweep(primary_metric="loss", goal="minimize", **arguments)


def test_names_and_receivers_become_the_spec_and_come_back() -> None:
    url = Notification(url="https://hooks.example.com/x", format="slack")
    given = ["team", Notification("chat", events=["failed"]), url]
    job = sweep(notifications=given)
    manifest = job.to_manifest()
    assert manifest["spec"]["notifications"] == [
        {"receiver": "team"},
        {"receiver": "chat", "events": ["failed"]},
        {"url": "https://hooks.example.com/x", "format": "slack"},
    ]
    assert SweepJob.from_manifest(manifest).to_manifest() == manifest
    assert "notifications" not in sweep().to_manifest()["spec"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "either receiver or url"),
        ({"receiver": "a", "url": "https://a.example.com/"}, "either receiver or url"),
        ({"receiver": "a", "events": ["finished"]}, "known: started, new_best"),
        ({"url": "https://u:p@a.example.com/"}, "user or a password"),
        ({"receiver": "Team!"}, "name of a receiver"),
    ],
)
def test_a_mistake_is_said_at_once(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        Notification(**arguments)


def test_another_type_is_refused() -> None:
    with pytest.raises(ArgumentError, match="name of a receiver, or a Notification"):
        sweep(notifications=[3])
