"""A SweepJob as it runs on this machine, and the sweeps it begins with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..api.problem import InvalidSpec, Problem
from ..api.sweepjob import SweepSpec
from ..render.table import tell
from ..trial_pods.accelerators import requested
from ..trial_pods.job import trainer_of
from .folder import NAMESPACE, Folder, is_over


def sources_of(spec: SweepSpec, root: Path) -> list[Folder]:
    """The folders of the sweeps to begin with, which stand beside this one's.

    Raises:
        InvalidSpec: one is not there, or has not ended.
    """
    found, problems = [], []
    for position, name in enumerate(spec.warm_start):
        folder = root.parent / name
        path = f"spec.warmStart.sweeps[{position}]"
        if not (folder / "sweepjobs" / f"{name}.json").exists():
            remedy = f"was not run here; there is no folder {folder} of it"
            problems.append(Problem(path, name, remedy))
        elif not all(map(is_over, (source := Folder(folder)).read("sweepjobs"))):
            problems.append(Problem(path, name, "has not ended; run it with --resume first"))
        else:
            found.append(source)
    if problems:
        raise InvalidSpec(problems)
    return found


def localized(
    manifest: Mapping[str, Any], spec: SweepSpec, gpus: tuple[str, ...]
) -> dict[str, Any]:
    """The SweepJob as it runs here.

    Raises:
        InvalidSpec: it has what only a cluster has.
    """
    problems = list(_lacking(spec))
    wanted = _gpus_of(spec)
    if gpus and wanted > len(gpus):
        remedy = f"this machine has {len(gpus)}; lower it"
        problems.append(Problem("spec.trial.resources", wanted, remedy))
    if problems:
        raise InvalidSpec(problems)
    limits = dict(manifest["spec"]["limits"])
    if wanted and gpus:
        at_most = len(gpus) // wanted
        if spec.limits.max_concurrent_trials > at_most:
            limits["maxConcurrentTrials"] = at_most
            tell(
                f"note: {at_most} at a time: there are {len(gpus)} GPUs, and a trial wants {wanted}"
            )
    elif wanted:
        tell("note: there is no GPU here; trials run without")
    if spec.trial.template is not None:
        folder = trainer_of(spec.trial.template["spec"]).get("workingDir")
        if folder:
            tell(f"note: workingDir {folder} is of the image; trials run in this folder")
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": manifest["metadata"]["name"], "namespace": NAMESPACE},
        "spec": {**manifest["spec"], "limits": limits},
    }


def _gpus_of(spec: SweepSpec) -> int:
    if spec.trial.template is None:
        pod: Mapping[str, Any] = {"containers": [{"resources": spec.trial.resources}]}
    else:
        pod = spec.trial.template["spec"]
    return round(sum(requested(pod).values()))


def _lacking(spec: SweepSpec) -> list[Problem]:
    """What there is no equivalent for."""
    problems = []
    if spec.trial.template is not None:
        pod = spec.trial.template["spec"]
        if len(pod["containers"]) > 1 or pod.get("initContainers"):
            remedy = "a trial is one process here; put the steps into one command"
            problems.append(Problem("spec.trial.template.spec", "several containers", remedy))
        container, path = trainer_of(pod), "spec.trial.template.spec.containers[0]"
        for key in ("command", "args"):
            words = container.get(key) or []
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                problems.append(Problem(f"{path}.{key}", words, "must be a list of texts"))
    else:
        container = {"command": spec.trial.command, "env": spec.trial.env}
        path = "spec.trial"
    if not container.get("command"):
        remedy = "must be written out: the image, whose own command it would be, is not used here"
        problems.append(Problem(f"{path}.command", "", remedy))
    for number, entry in enumerate(container.get("env") or ()):
        if "valueFrom" in entry and entry["name"] not in os.environ:
            remedy = f"comes from the cluster; set {entry['name']} in this shell"
            problems.append(Problem(f"{path}.env[{number}]", entry["name"], remedy))
    return problems
