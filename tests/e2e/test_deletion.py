"""Deleting a SweepJob removes everything that it made, also in the middle."""

from __future__ import annotations

from .sweeps import Sweeps, choice, eventually


def test_deleting_a_running_sweep_deletes_its_objects(sweeps: Sweeps) -> None:
    space = {"level": choice(0.1, 0.2, 0.3), "reports": choice(500)}
    sweeps.apply("doomed", sweeps.spec(space))
    eventually(lambda: len(sweeps.running_pods("doomed")) == 2, 60, "two trials run")
    sweeps.kubectl("delete", "sweepjob", "doomed", "--wait=false")
    kinds = "sweepjobs,sweeptrials,jobs,pods"
    eventually(lambda: not sweeps.get(kinds)["items"], 30, "all of it is gone")
    assert sweeps.get(kinds)["items"] == [], "nothing was created again"


def test_the_same_name_can_be_used_again_at_once(sweeps: Sweeps) -> None:
    space = {"level": choice(0.1, 0.2), "reports": choice(500)}
    sweeps.apply("again", sweeps.spec(space))
    eventually(lambda: len(sweeps.running_pods("again")) == 2, 60, "two trials run")
    sweeps.kubectl("delete", "sweepjob", "again")
    sweeps.apply("again", sweeps.spec({"level": choice(0.7, 0.8), "reports": choice(2)}))
    sweep = sweeps.await_end("again", 120)
    assert sweep["status"]["best"]["value"] == "0.802"
    assert sweep["status"]["trials"]["succeeded"] == 2
