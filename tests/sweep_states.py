"""SweepJobs and SweepTrials in every state that the page shows, for tests in a browser and for pictures.

They are made up, since a cluster has most of these states for seconds only; the objects are those that the
operator writes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from sweepjob.api.phases import SweepPhase, TrialPhase
from sweepjob.api.sweeptrial.annotations import LONGEST_KEY, AnnotationChange
from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.log_tail import LogTail, dump_log_tails
from sweepjob.api.sweeptrial.serialization import dump_stop, trial_manifest
from sweepjob.api.sweeptrial.stop_decision import StopDecision
from sweepjob.dashboard.document import build_document
from sweepjob.early_stopping.curve import Curve
from sweepjob.local.api_server import merge
from sweepjob.objective import Goal
from sweepjob.timestamps import format_time

BEGIN = 1_767_225_600.0  # 2026-01-01
NOW = BEGIN + 2400
HOSTILE = "<img src=x onerror=window.hacked=1>"
METRIC = "val_accuracy"
EPOCHS = 18
TRACEBACK = """loading 60000 images from /data/train
epoch 1 of 18
Traceback (most recent call last):
  File "/app/train.py", line 88, in <module>
    main()
  File "/app/train.py", line 61, in main
    loss.backward()
RuntimeError: CUDA out of memory. Tried to allocate 2.34 GiB (GPU 0; 15.78 GiB total capacity)"""
ANNOTATED = {
    1: AnnotationChange(
        {"keep": "yes", "owner": "ana"}, "Plateau after epoch 4.\nTry a smaller batch."
    ),
    2: AnnotationChange({"k" * LONGEST_KEY: "v" * 63}, f"{HOSTILE} {'n' * 300}"),
}
SPACE = {
    "learning_rate": {"type": "loguniform", "minValue": -9, "maxValue": -1},
    "dropout": {"type": "uniform", "minValue": 0, "maxValue": 0.6},
    "hidden_layers": {"type": "choice", "values": [1, 2, 3, 4]},
    "optimizer": {"type": "choice", "values": ["adam", "sgd", "lion"]},
    "batch_size": {"type": "choice", "values": [32, 64, 128, 256]},
}
Body = dict[str, Any]


def sweep_body(
    phase: SweepPhase, trials: list[Body], *conditions: Mapping[str, str], **changes: Any
) -> Body:
    """A SweepJob; ``changes`` replace fields of its spec."""
    spec = {
        "objective": {"goal": "maximize", "primaryMetric": METRIC},
        "searchSpace": SPACE,
        "samplingAlgorithm": {"type": "bayesian"},
        "earlyTermination": {
            "type": "bandit",
            "slackFactor": 0.1,
            "delayEvaluation": 4,
            "evaluationInterval": 1,
        },
        "limits": {"maxTotalTrials": 24, "maxConcurrentTrials": 4},
        "trial": {"image": "registry.example/vision/trainer:1.4", "command": "python train.py"},
        **changes,
    }
    status: Body = {
        "phase": phase.value,
        "conditions": list(conditions),
        "trials": _counts(trials),
        "startTime": format_time(BEGIN),
        "gpuSeconds": _gpu_seconds(trials),
    }
    if phase.is_end:
        status["completionTime"] = format_time(NOW - 60)
    if best := _best(trials):
        status["best"] = best
    meta = {"name": "vision", "namespace": "research", "uid": "u"}
    meta["creationTimestamp"] = format_time(BEGIN)
    return {"metadata": meta, "spec": spec, "status": status}


def condition(kind: str, status: str, reason: str, message: str) -> dict[str, str]:
    """A condition of a SweepJob."""
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": format_time(NOW - 60),
    }


def _counts(trials: list[Body]) -> dict[str, int]:
    keys = {"Succeeded": "succeeded", "EarlyStopped": "earlyStopped", "Failed": "failed"}
    keys |= {"Canceled": "canceled", "Running": "running", "Pending": "pending"}
    counts: dict[str, int] = {"created": len(trials)}
    for body in trials:
        key = keys[body["status"]["phase"]]
        counts[key] = counts.get(key, 0) + 1
    return counts


def _gpu_seconds(trials: list[Body]) -> dict[str, float]:
    gpu = [body["status"].get("gpuSeconds") or {} for body in trials]
    used = sum(float(each.get("byResource", {}).get("nvidia.com/gpu", 0)) for each in gpu)
    return {"used": used, "saved": sum(float(each.get("saved", 0)) for each in gpu)}


def _best(trials: list[Body]) -> Body:
    scored = [t for t in trials if (t["status"].get("curve") or {}).get("best") is not None]
    if not scored:
        return {}
    best = max(scored, key=lambda body: float(body["status"]["curve"]["best"]))
    return {"trial": best["metadata"]["name"], "value": best["status"]["curve"]["best"]}


def trial_body(
    index: int, phase: TrialPhase = TrialPhase.SUCCEEDED, epochs: int = EPOCHS, **status: Any
) -> Body:
    """A SweepTrial: the same for the same index."""
    rng = random.Random(index)
    values: Body = {
        "learning_rate": math.exp(rng.uniform(-9, -1)),
        "dropout": rng.uniform(0, 0.6),
        "hidden_layers": rng.choice([1, 2, 3, 4]),
        "optimizer": rng.choice(["adam", "sgd", "lion"]),
        "batch_size": rng.choice([32, 64, 128, 256]),
    }
    distance = abs(math.log(values["learning_rate"]) + 5.5) / 5
    top = 0.979 - 0.5 * distance**2 - 0.08 * abs(values["dropout"] - 0.25)
    top -= 0.05 * (values["optimizer"] == "sgd")
    curve = Curve(Goal.MAXIMIZE)
    for n in range(epochs):
        curve.append(top * (1 - 0.75 * math.exp(-(n + 1) / 4)) + rng.gauss(0, 0.004))
    body = trial_manifest("research", "vision", "u", index, values, "bayesian seed 7")
    start = BEGIN + 340 * (index // 4) + 9 * (index % 4)
    body["metadata"] |= {"uid": f"t{index}", "resourceVersion": "1"}
    body["metadata"]["creationTimestamp"] = format_time(start)
    if index in ANNOTATED:
        body["metadata"] = merge(body["metadata"], ANNOTATED[index].metadata())
    seconds = 17.0 * max(epochs, 1)
    times = {"startTime": format_time(start + 6)}
    if phase.is_end:
        times["completionTime"] = format_time(start + 6 + seconds)
    gpu = {"count": "1", "byResource": {"nvidia.com/gpu": str(seconds)}, "saved": "0"}
    if phase is TrialPhase.EARLY_STOPPED:
        gpu["saved"] = str(17.0 * (EPOCHS - epochs))
        stop = _stop(curve, epochs)
        status = {
            "stop": dump_stop(stop, format_time(start + 6 + seconds)),
            "message": stop.message,
            **status,
        }
    lines = [f"epoch {n + 1} of 18: {METRIC}={curve.values[n]:.4f}" for n in range(epochs)]
    if phase.is_end and "logs" not in status:
        text = "loading 60000 images from /data/train\n" + "\n".join(lines)
        status["logs"] = dump_log_tails({1: LogTail(f"vision-{index}-x7k2p", text)})
    body["status"] = {
        "phase": phase.value,
        "curve": dump_curve(curve, "pod"),
        "gpuSeconds": gpu,
        **(times if phase is not TrialPhase.PENDING else {}),
        **status,
    }
    return body


def _stop(curve: Curve, epochs: int) -> StopDecision:
    best = curve.best or 0.0
    return StopDecision(
        TrialPhase.EARLY_STOPPED,
        "Bandit",
        f"bandit stopped it at interval {epochs}: its best {best:.4g} is below {best + 0.05:.4g}",
        policy="bandit",
        interval=epochs,
        value=curve.values[-1],
        threshold=best + 0.05,
        comparators=6,
    )


def ended_trials(count: int) -> list[Body]:
    """Trials that have ended: those whose learning rate is far off were stopped."""
    found = []
    for index in range(count):
        whole = trial_body(index)
        if float(whole["status"]["curve"]["best"]) < 0.86:
            found.append(trial_body(index, TrialPhase.EARLY_STOPPED, 4 + index % 5))
        else:
            found.append(whole)
    return found


def failed_trial(index: int) -> Body:
    """A trial whose script ended with an error."""
    return trial_body(
        index,
        TrialPhase.FAILED,
        0,
        reason="TrainerFailed",
        message="exit code 1: RuntimeError: CUDA out of memory",
        logs=dump_log_tails({1: LogTail(f"vision-{index}-x7k2p", TRACEBACK)}),
    )


def blocked_trial(index: int) -> Body:
    """A trial whose image cannot be pulled."""
    message = f'pod vision-{index}-x7k2p: "registry.example/vision/trainer:1.4": not found'
    return trial_body(index, TrialPhase.PENDING, 0, reason="ImageCannotBePulled", message=message)


def running() -> tuple[Body, list[Body]]:
    """A sweep in the middle of its work, with one trial that failed."""
    trials = [*ended_trials(13), failed_trial(13)]
    trials += [trial_body(n, TrialPhase.RUNNING, 3 + n % 4) for n in range(14, 17)]
    trials.append(trial_body(17, TrialPhase.PENDING, 0))
    return sweep_body(SweepPhase.RUNNING, trials), trials


def complete() -> tuple[Body, list[Body]]:
    """A sweep that is complete."""
    trials = ended_trials(24)
    best = _best(trials)
    message = f"all 24 trials have ended; best is {best['trial']} with {METRIC} {best['value']:.6}"
    done = condition("Complete", "True", "AllTrialsEnded", message)
    return sweep_body(SweepPhase.COMPLETE, trials, done), trials


def few() -> tuple[Body, list[Body]]:
    """A complete sweep of three trials: nothing can be said of importance."""
    trials = [trial_body(n) for n in range(3)]
    done = condition("Complete", "True", "AllTrialsEnded", "all 3 trials have ended")
    limits = {"maxTotalTrials": 3, "maxConcurrentTrials": 3}
    return sweep_body(SweepPhase.COMPLETE, trials, done, limits=limits), trials


def failed() -> tuple[Body, list[Body]]:
    """A sweep all of whose trials failed."""
    trials = [failed_trial(n) for n in range(4)]
    message = (
        "4 trials failed, more than limits.maxFailedTrials 3 allows; vision-3: exit code 1: "
        "RuntimeError: CUDA out of memory"
    )
    conditions = [
        condition("Failed", "True", "TooManyFailedTrials", message),
        condition("Stalled", "True", "TooManyFailedTrials", message),
    ]
    return sweep_body(SweepPhase.FAILED, trials, *conditions), trials


def blocked() -> tuple[Body, list[Body]]:
    """A sweep whose image cannot be pulled."""
    trials = [blocked_trial(n) for n in range(4)]
    message = f"trial vision-0: {trials[0]['status']['message']}"
    alert = condition("Degraded", "True", "ImageCannotBePulled", message)
    accepted = condition("Accepted", "True", "Accepted", "the spec is accepted")
    return sweep_body(SweepPhase.BLOCKED, trials, accepted, alert), trials


def refused() -> tuple[Body, list[Body]]:
    """A sweep whose spec was refused."""
    message = (
        "spec.searchSpace.learning_rate.type: 'loguniforme' is unknown; did you mean loguniform?; "
        "spec.limits.maxConcurrentTrials: must be at most maxTotalTrials (24)"
    )
    alert = condition("Accepted", "False", "InvalidSpec", message)
    stalled = condition("Stalled", "True", "InvalidSpec", message)
    space = {"learning_rate": {"type": "loguniforme", "minValue": -9, "maxValue": -1}}
    return sweep_body(SweepPhase.INVALID, [], alert, stalled, searchSpace=space), []


def empty() -> tuple[Body, list[Body]]:
    """A sweep that was accepted a moment ago."""
    accepted = condition("Accepted", "True", "Accepted", "the spec is accepted")
    return sweep_body(SweepPhase.RUNNING, [], accepted), []


def suspended() -> tuple[Body, list[Body]]:
    """A sweep that is suspended after some trials."""
    trials = ended_trials(5)
    text = "spec.suspend is true: no new trial is started"
    reason = condition("Suspended", "True", "SuspendRequested", text)
    return sweep_body(SweepPhase.SUSPENDED, trials, reason), trials


def unobserved() -> tuple[Body, list[Body]]:
    """A sweep that no operator has seen."""
    body = sweep_body(SweepPhase.PENDING, [])
    del body["status"]
    return body, []


STATES = {
    function.__name__: function
    for function in (running, complete, few, failed, blocked, refused, empty, suspended, unobserved)
}


def state_document(state: str) -> Body:
    """The document of a sweep in a state."""
    body, trials = STATES[state]()
    body["metadata"]["name"] = "vision" if state == "complete" else f"vision-{state}"
    return dict(build_document(body, trials, NOW))
