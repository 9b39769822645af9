"""A whole sweep on the real cluster: every report on record, the best trial, nothing left running."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import urllib.request

from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.samplers.random import RandomSampler

from tests.cluster import layout
from tests.cluster.target import Target
from tests.fake_api.invariants import is_over

from .sweeps import Sweeps, choice, eventually, values_on_record
from .training_scripts import WITH_MLFLOW


def test_the_demo(target: Target) -> None:
    ours, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.demo"],
        cwd=layout.PROJECT,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C ends the page"):
            break
    out = "".join(lines)
    address = re.search(r"The page of the sweep: (\S+)", out)
    assert address is not None, out
    with urllib.request.urlopen(address[1], timeout=10) as page:
        assert page.status == 200
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=30)
    assert process.returncode == 0, out + rest + said
    os.close(ours)
    os.close(terminal)
    assert "Best trial: digits-" in out
    assert "bandit at interval" in out
    assert out.count("\n  sweepjob ") == 2
    assert said.startswith("This takes about ")
    sweep = target.get("sweepjob", "digits", "-n", "sweepjob-demo")
    assert sweep["status"]["trials"]["earlyStopped"] > 0
    assert float(sweep["status"]["best"]["value"]) > 0.95
    pods = target.get("pods", "-A", "-l", "sweepjob.dev/sweep=digits")["items"]
    assert all(is_over(pod) for pod in pods)
    eventually(lambda: allocated_gpus(target) == 0, 5, "the kubelet has put the last pods away")


def allocated_gpus(target: Target) -> int:
    """GPUs of pods that are not terminal, as the scheduler counts them."""
    total = 0
    for pod in target.get("pods", "-A")["items"]:
        if pod["status"]["phase"] in ("Succeeded", "Failed"):
            continue
        for container in pod["spec"]["containers"]:
            total += int(container["resources"].get("limits", {}).get("nvidia.com/gpu", 0))
    return total


def test_every_report_is_recorded_and_the_best_trial_is_found(sweeps: Sweeps) -> None:
    space = {"level": choice(0.1, 0.4, 0.2, 0.3), "reports": choice(7), "pause": choice(0.1)}
    limits = {"maxTotalTrials": 10, "maxConcurrentTrials": 2}
    spec = sweeps.spec(space, limits=limits, trial=WITH_MLFLOW)
    sweeps.apply("exact", spec)
    sweep = sweeps.await_end("exact")
    status = sweep["status"]
    # Four points, so four trials, although ten were allowed.
    assert status["trials"]["created"] == status["trials"]["succeeded"] == 4
    assert status["progress"] == "4/4"
    assert status["best"]["value"] == "0.407"
    assert status["best"]["parameters"]["level"] == "0.4"
    for trial in sweeps.trials("exact"):
        name = trial["metadata"]["name"]
        assert values_on_record(trial) == sweeps.reported(name)
        assert len(values_on_record(trial)) == 7
        assert trial["status"]["phase"] == "Succeeded"
        assert float(trial["status"]["gpuSeconds"]["used"]) > 0
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Accepted": "True",
        "Complete": "True",
        "Failed": "False",
        "Suspended": "False",
        "Degraded": "False",
    }
    assert not sweeps.running_pods("exact")


def test_recorded_parameters_equal_those_of_the_script(sweeps: Sweeps) -> None:
    sweep = sweeps.sweep("exact")
    spec = parse_sweepjob(sweep)
    sampler = RandomSampler(spec.space, sweep["status"]["seed"])
    for trial in sweeps.trials("exact"):
        assignment = json.loads(trial["spec"]["assignment"])
        assert assignment == sampler.propose(trial["spec"]["index"])
        job = sweeps.get("job", trial["metadata"]["name"])
        [container] = job["spec"]["template"]["spec"]["containers"]
        env = {e["name"]: e["value"] for e in container["env"]}
        assert json.loads(env["SWEEPJOB_PARAMETERS"]) == assignment


def test_what_kubectl_prints(sweeps: Sweeps) -> None:
    header, line = sweeps.kubectl("get", "sweepjobs").splitlines()[:2]
    assert header.split()[:4] == ["NAME", "PHASE", "REASON", "TRIALS"]
    assert line.split()[:3] == ["exact", "Complete", "4/4"]
    assert "0.407" in line
    sweeps.kubectl("wait", "--for=condition=Complete", "sweepjob/exact", "--timeout=5s")
    listing = sweeps.kubectl("get", "swt")
    assert listing.count("Succeeded") == 4
    assert sweeps.kubectl("get", "swj", "--field-selector=status.phase=Complete", "-o", "name")


def test_a_finished_sweep_stays_finished_when_it_is_applied_again(sweeps: Sweeps) -> None:
    before = sweeps.sweep("exact")
    sweeps.apply("exact", {k: v for k, v in before["spec"].items()})
    after = sweeps.sweep("exact")
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_the_users_objects_are_not_changed(sweeps: Sweeps) -> None:
    meta = sweeps.sweep("exact")["metadata"]
    assert "finalizers" not in meta
    assert set(meta.get("annotations", {})) <= {"kubectl.kubernetes.io/last-applied-configuration"}
    whole = sweeps.get("sweepjob", "exact", "--show-managed-fields")["metadata"]
    writers = {f["manager"] for f in whole["managedFields"] if f.get("subresource") is None}
    assert writers == {"kubectl-client-side-apply"}


def test_a_whole_template_with_a_read_only_root(sweeps: Sweeps) -> None:
    container = {
        "name": "trainer",
        "image": sweeps.target.images["trainer"],
        "args": ["python", "train.py", "--epochs", "2", "--hidden", "${{search_space.hidden}}"],
        "resources": {"limits": {"nvidia.com/gpu": 1}},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    spec = sweeps.spec(
        {"hidden": choice(8, 16)},
        objective={"goal": "minimize", "primaryMetric": "val_loss"},
        limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2},
    )
    spec["trial"] = {"template": {"spec": {"containers": [container]}}}
    sweeps.apply("template", spec)
    sweep = sweeps.await_end("template")
    assert sweep["status"]["trials"]["succeeded"] == 2
    assert [t["status"]["curve"]["reports"] for t in sweeps.trials("template")] == [2, 2]
