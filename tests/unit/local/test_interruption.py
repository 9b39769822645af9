"""Tests sweeps on this machine that are interrupted or killed: nothing goes on, and they can be resumed."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from tests.waiting import wait_until

from .runs import LEVELS, ONE, REPORTS, Local, processes_in, script_of, sweep


def test_an_interrupted_sweep_leaves_no_process_and_resumes(local: Local) -> None:
    body = sweep(searchSpace={"level": {"type": "choice", "values": LEVELS}, "reports": CHOICE})
    process = local.start(body)
    await_values(local)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "--resume" in err
    assert not processes_in(local.folder)
    before = [trial["spec"]["assignment"] for trial in local.objects()]
    assert "has a sweep already" in local.run(body, code=2)
    local.run(body, "--resume")
    assert [trial["spec"]["assignment"] for trial in local.objects()][: len(before)] == before
    assert [len(values) for values in local.values()] == [40] * 4
    [done] = local.objects("sweepjobs")
    assert done["status"]["trials"]["succeeded"] == 4
    assert all(trial["status"].get("failures", 0) == 0 for trial in local.objects())


def test_a_sweep_that_was_interrupted_while_it_stopped_a_trial_resumes(local: Local) -> None:
    """The trainer ignores the request to end, so that its pod is still there."""
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); exec(open('train.py').read())"
    trial = {"command": [sys.executable, "-c", ignore], "stopGracePeriodSeconds": 8}
    policy = {"type": "bandit", "slackAmount": 0.1, "delayEvaluation": 2}
    space = {"level": {"type": "choice", "values": LEVELS}, "reports": CHOICE}
    body = sweep(earlyTermination=policy, trial=trial, searchSpace=space)
    process = local.start(body)
    wait_until(
        lambda: any(t.get("status", {}).get("phase") == "Stopping" for t in local.objects()),
        "no trial was stopped",
    )
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    assert "Complete: 4 of 4 trials" in local.run(body, "--resume")
    stopped = [t for t in local.objects() if t["status"]["phase"] == "EarlyStopped"]
    assert stopped
    assert not list(
        (local.folder / ".sweepjob/local/pods").glob(f"{stopped[0]['metadata']['name']}-*.json")
    )


CHOICE = {"type": "choice", "values": [40]}


def await_values(local: Local) -> None:
    wait_until(lambda: any(local.values()), "nothing was reported")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_killed_sweep_leaves_no_process(local: Local) -> None:
    process = local.start(sweep())
    await_values(local)
    process.kill()
    process.communicate(timeout=120)
    wait_until(lambda: not processes_in(local.folder))
    local.run(sweep(), "--resume")
    assert [len(values) for values in local.values()] == [REPORTS] * 4


@pytest.mark.skipif(sys.platform != "linux", reason="the script finds its sidecar in /proc")
def test_a_killed_sidecar_is_restarted(local: Local) -> None:
    code = """
import json, os, signal, time
def sidecar():
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            told = open(f"/proc/{entry}/environ").read()
        except OSError:
            continue
        if "SWEEPJOB_SIDECAR=" in told and os.getcwd() in told:
            return int(entry)
def report(value):
    with open(os.environ["SWEEPJOB_METRICS_PATH"], "a") as file:
        print(json.dumps({"score": value}), file=file)
report(0.25)
time.sleep(1)
first = sidecar()
os.kill(first, signal.SIGKILL)
report(0.5)
while sidecar() in (None, first):
    time.sleep(0.05)
report(0.75)
"""
    local.run(sweep("file", trial=script_of(code), limits=ONE))
    assert local.values() == [[0.25, 0.5, 0.75]]
    [pod] = local.objects("pods")
    [status] = pod["status"]["initContainerStatuses"]
    assert status["restartCount"] == 1


def test_a_trainer_that_ignores_sigterm_is_killed_after_the_grace_period(local: Local) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on'); time.sleep(110)"
    limits = {**ONE, "trialTimeout": 2}
    trial = {**script_of(code), "stopGracePeriodSeconds": 1}
    started = time.monotonic()
    local.run(sweep("logs", trial=trial, limits=limits), code=1)
    assert time.monotonic() - started < 100, "the script would run for longer"
    [trial] = local.objects()
    assert (trial["status"]["phase"], trial["status"]["reason"]) == ("Canceled", "TrialTimeout")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel does it on Linux only")
def test_a_killed_sweep_leaves_no_child_of_a_shell(local: Local) -> None:
    body = sweep("logs", trial={"command": "sleep 60 & echo score=1; sleep 60; true"}, limits=ONE)
    process = local.start(body)
    await_values(local)
    assert len(processes_in(local.folder)) >= 4
    process.kill()
    process.communicate(timeout=120)
    wait_until(lambda: not processes_in(local.folder))
