"""What somebody wrote into an object ends neither the operator nor a sweep: trials that diverge, records that
are broken, pods of anybody."""

from __future__ import annotations

import json
from typing import Any

from .operators import kill_operator, restarts
from .sweeps import Sweeps, choice, eventually

DIVERGES = """
import json, os, time
level = json.loads(os.environ["SWEEPJOB_PARAMETERS"])["level"]
for n in range(1, 9):
    print("score=%s" % (level if level < 1 else float("nan")), flush=True)
    time.sleep(0.5)
"""
LAST_WORDS = '{"count":1e999,"low":null,"high":null,"tail":[],"seen":[]}'


def spec(sweeps: Sweeps, **changes: Any) -> dict[str, Any]:
    """One after the other; the second diverges."""
    return sweeps.spec(
        {"level": choice(0.5, 9, 0.6, 0.7)},
        **{
            "samplingAlgorithm": {"type": "grid", "seed": None},
            "metrics": {"source": "logs"},
            "limits": {"maxTotalTrials": 4, "maxConcurrentTrials": 1},
            "trial": {"command": ["python", "-c", DIVERGES]},
        }
        | changes,
    )


def change_status(sweeps: Sweeps, kind: str, name: str, status: dict[str, Any]) -> None:
    """As a person with all permissions may."""
    patch = json.dumps({"status": status})
    sweeps.kubectl("patch", kind, name, "--subresource=status", "--type=merge", "-p", patch)


def test_a_trial_that_reports_nan_is_stopped(sweeps: Sweeps) -> None:
    sweeps.apply("diverging", spec(sweeps, earlyTermination={"type": "bandit", "slackFactor": 0.5}))
    sweep = sweeps.await_end("diverging")
    assert sweep["status"]["phase"] == "Complete"
    stopped = sweeps.trials("diverging")[1]["status"]
    assert (stopped["phase"], stopped["reason"]) == ("EarlyStopped", "Bandit")
    assert "value" not in stopped["stop"]


def test_a_foreign_pod_with_a_hostile_termination_message(sweeps: Sweeps) -> None:
    before = restarts(sweeps)
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    restricted |= {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {"name": "x", "image": sweeps.target.images["trainer"]}
    container |= {"securityContext": restricted}
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "hostile", "labels": {"sweepjob.dev/sweep": "x"}},
        "spec": {
            "schedulingGates": [{"name": "example.com/never"}],
            "containers": [container],
            "initContainers": [{**container, "name": "sweepjob-sidecar"}],
        },
    }
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(body))
    ended = {"exitCode": 0, "message": LAST_WORDS}
    state = {"name": "sweepjob-sidecar", "image": "x", "imageID": "", "ready": False}
    state |= {"restartCount": 0, "state": {"terminated": ended}}
    change_status(sweeps, "pod", "hostile", {"phase": "Failed", "initContainerStatuses": [state]})
    sweeps.apply("beside", spec(sweeps, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1}))
    assert sweeps.await_end("beside")["status"]["phase"] == "Complete"
    assert restarts(sweeps) == before
    sweeps.kubectl("delete", "pod", "hostile", "--wait=false")


def test_an_unreadable_record_is_named_and_its_sweep_continues(sweeps: Sweeps) -> None:
    sweeps.apply("broken", spec(sweeps))

    def ended() -> bool:
        return sweeps.trials("broken")[0]["status"]["phase"] == "Succeeded"

    eventually(ended, 120, "the first trial has ended")
    change_status(sweeps, "sweeptrial", "broken-0", {"curve": {"version": 99}})
    before = restarts(sweeps)
    kill_operator(sweeps)
    eventually(lambda: restarts(sweeps) > before, 120, "the operator is back")

    def named() -> bool:
        said = sweeps.condition("broken", "Degraded")
        return "trial broken-0: status.curve.version: 99" in said["message"]

    eventually(named, 60, "the trial and the field are named")
    events = sweeps.get("events", "--field-selector=reason=RecordUnreadable")["items"]
    assert any("broken-0" in event["message"] for event in events)
    sweep = sweeps.await_end("broken")
    assert sweep["status"]["phase"] == "Complete"
    assert sweep["status"]["best"]["trial"] == "broken-3"
    assert [t["status"]["phase"] for t in sweeps.trials("broken")].count("Succeeded") >= 3


def test_a_program_that_does_not_exist_has_no_run_time(sweeps: Sweeps) -> None:
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
    sweeps.apply("absent", spec(sweeps, limits=limits, trial={"command": ["no-such-program"]}))
    assert sweeps.await_end("absent")["status"]["phase"] == "Failed"
    status = sweeps.trials("absent")[0]["status"]
    assert status["phase"] == "Failed"
    assert "startTime" not in status
    assert float(status["gpuSeconds"]["used"]) < 120
