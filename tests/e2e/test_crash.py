"""The operator killed with SIGKILL in mid-sweep: no trial lost or run twice, no report lost or counted
twice, no decision changed."""

from __future__ import annotations

import json

from .operators import kill_operator, restarts
from .sweeps import Sweeps, choice, eventually, values_on_record

KILLS = 2  # a user's kubelet waits longer before each new start: 10 s, 20 s, 40 s


def test_an_operator_crash_loses_and_repeats_nothing(sweeps: Sweeps) -> None:
    space = {
        "level": choice(0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        "reports": choice(30),
        "pause": choice(0.3),
    }
    spec = sweeps.spec(
        space,
        limits={"maxTotalTrials": 6, "maxConcurrentTrials": 3},
        # Stops whatever is far below the best: some trials are to be stopped around the kills.
        earlyTermination={"type": "bandit", "slackAmount": 0.25, "delayEvaluation": 5},
    )
    sweeps.apply("killed", spec)
    for kill in range(KILLS):
        created = 2 * kill + 3
        eventually(
            lambda wanted=created: (
                len(sweeps.trials("killed")) >= wanted
                and any(
                    t.get("status", {}).get("phase") == "Running" for t in sweeps.trials("killed")
                )
            ),
            120,
            f"trial {created} runs",
        )
        before = restarts(sweeps)
        decided = {t["metadata"]["name"]: t["status"].get("stop") for t in started(sweeps)}
        kill_operator(sweeps)
        eventually(lambda was=before: restarts(sweeps) > was, 60, "the operator is back")
        for trial in started(sweeps):
            earlier = decided.get(trial["metadata"]["name"])
            assert earlier in (None, trial["status"].get("stop")), "a decision was changed"
    sweep = sweeps.await_end("killed")
    trials = sweeps.trials("killed")
    assert [t["spec"]["index"] for t in trials] == list(range(6))
    assert len({t["spec"]["assignment"] for t in trials}) == 6
    ended = sweep["status"]["trials"]
    assert ended["succeeded"] + ended["earlyStopped"] == 6, ended
    for trial in trials:
        values = values_on_record(trial)
        level = json.loads(trial["spec"]["assignment"])["level"]
        # Report n is level + n / 1000, so a lost or doubled one shows.
        assert values == [round(level + n / 1000, 3) for n in range(1, len(values) + 1)]
        if trial["status"]["phase"] == "Succeeded":
            assert len(values) == 30
    jobs = [e for e in sweeps.events("SuccessfulCreate") if e["involvedObject"]["kind"] == "Job"]
    assert len(jobs) == 6, "each trial had one pod, created once"


def started(sweeps: Sweeps) -> list[dict[str, dict[str, object]]]:
    return [t for t in sweeps.trials("killed") if t.get("status")]
