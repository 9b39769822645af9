"""The operator's certificate on a real cluster: another authority in mid-sweep, by the kubelet's way of
updating a Secret, and back."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster import target as clusters
from tests.unit.certificates import make_secret

from .sweeps import Sweeps, choice, eventually

SECRET = "sweepjob-intake"


def test_another_authority_in_mid_sweep(sweeps: Sweeps, tmp_path: Path) -> None:
    """New trials trust it; a trial that runs is named, goes on, and keeps its reports."""
    target = sweeps.target
    # The trial has to run until the kubelet has updated the file: after ten seconds here, two minutes elsewhere.
    reports = 160 if target.built_in else 400
    before = target.get("-n", clusters.SYSTEM, "secret", SECRET)["data"]
    space = {"level": choice(0.1, 0.2), "reports": choice(reports), "pause": choice(0.5)}
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    sweeps.apply("old", sweeps.spec(space, limits=limits))
    sweeps.await_reports("old", 1)
    try:
        _replace(sweeps, make_secret(clusters.SYSTEM)["data"])
        eventually(
            lambda: sweeps.condition("old", "Degraded")["reason"] == "IntakeAuthorityChanged",
            180,
            "the running trial is named",
        )
        short = {"level": choice(0.1, 0.2), "reports": choice(5), "pause": choice(0.1)}
        sweeps.apply("new", sweeps.spec(short, limits=limits))
        assert sweeps.await_end("new")["status"]["trials"]["succeeded"] == 1
        assert sweeps.condition("new", "Degraded")["status"] == "False"
    finally:
        _replace(sweeps, before)
    assert sweeps.await_end("old", 400)["status"]["trials"]["succeeded"] == 1
    [trial] = sweeps.trials("old")
    assert len(sweeps.reported(trial["metadata"]["name"])) == reports


def _replace(sweeps: Sweeps, data: dict[str, str]) -> None:
    patch = json.dumps({"data": data})
    sweeps.target.kubectl("-n", clusters.SYSTEM, "patch", "secret", SECRET, "-p", patch)
