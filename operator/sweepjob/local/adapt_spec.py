"""Adapts a SweepJob to this machine, and finds the folders of its warm start."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..api.parsing.problem import InvalidSpec, Problem
from ..api.spec.sweep_spec import SweepSpec
from ..loading.code import CodeSnapshot
from ..render.table import print_message
from ..trial_pods.accelerators import requested
from ..trial_pods.user_pod import trainer_of
from .folder import NAMESPACE, SweepFolder, has_ended


def warm_start_folders(spec: SweepSpec, root: Path) -> list[SweepFolder]:
    """Return the folders of the sweeps of ``spec.warmStart``, which are siblings of the sweep's own.

    Args:
        spec: the spec.
        root: folder of the sweep.

    Raises:
        InvalidSpec: a folder does not exist, or its sweep has not ended.
    """
    found, problems = [], []
    for position, name in enumerate(spec.warm_start.sweeps):
        folder = root.parent / name
        path = f"spec.warmStart.sweeps[{position}]"
        if not (folder / "sweepjobs" / f"{name}.json").exists():
            remedy = f"was not run here; there is no folder {folder}"
            problems.append(Problem(path, name, remedy))
        elif not all(map(has_ended, (source := SweepFolder(folder)).read("sweepjobs"))):
            problems.append(Problem(path, name, "has not ended; run it with --resume first"))
        else:
            found.append(source)
    if problems:
        raise InvalidSpec(problems)
    return found


def check_results(spec: SweepSpec, config_maps: Sequence[Mapping[str, Any]]) -> None:
    """Check that the results of ``spec.warmStart`` are files of this machine.

    Args:
        spec: the spec.
        config_maps: the ConfigMaps that its files became.

    Raises:
        InvalidSpec: some are on a cluster.
    """
    known = {body["metadata"]["name"] for body in config_maps}
    problems = [
        Problem(
            f"spec.warmStart.results[{n}]",
            str(one),
            "is on a cluster; give its file: --warm-start FILE",
        )
        for n, one in enumerate(spec.warm_start.results)
        if one.config_map not in known
    ]
    if problems:
        raise InvalidSpec(problems)


def localize(
    manifest: Mapping[str, Any],
    spec: SweepSpec,
    gpus: tuple[str, ...],
    code: CodeSnapshot | None = None,
) -> dict[str, Any]:
    """Return the SweepJob object that is run on this machine.

    Its concurrency is limited by the number of GPUs.

    Args:
        manifest: the SweepJob object.
        spec: its parsed spec.
        gpus: names of the GPUs.
        code: the code of the trials; None where they run in the current folder.

    Raises:
        InvalidSpec: it needs what only a cluster has, or more GPUs than there are.
    """
    problems = [*_unsupported_parts(spec), *_missing_code(spec, code)]
    gpus_per_trial = _gpus_of(spec)
    if gpus and gpus_per_trial > len(gpus):
        remedy = f"this machine has {len(gpus)}; lower it"
        problems.append(Problem("spec.trial.resources", gpus_per_trial, remedy))
    if problems:
        raise InvalidSpec(problems)
    limits = dict(manifest["spec"]["limits"])
    if gpus_per_trial and gpus:
        max_concurrent = len(gpus) // gpus_per_trial
        if spec.limits.max_concurrent_trials > max_concurrent:
            limits["maxConcurrentTrials"] = max_concurrent
            print_message(
                f"note: {max_concurrent} at a time: this machine has {len(gpus)} GPUs, and a trial "
                f"requests {gpus_per_trial}"
            )
    elif gpus_per_trial:
        print_message("note: this machine has no GPU; trials run without")
    if spec.trial.template is not None:
        folder = trainer_of(spec.trial.template["spec"]).get("workingDir")
        if folder and code is None:
            print_message(f"note: workingDir {folder} is ignored; trials run in the current folder")
    if spec.notifications:
        print_message("note: spec.notifications is ignored: a local run sends no notifications")
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {
            "name": manifest["metadata"]["name"],
            "namespace": NAMESPACE,
            **{k: v for k, v in manifest["metadata"].items() if k == "annotations"},
        },
        "spec": {
            **{key: part for key, part in manifest["spec"].items() if key != "notifications"},
            "limits": limits,
        },
    }


def _missing_code(spec: SweepSpec, code: CodeSnapshot | None) -> list[Problem]:
    """Return a problem if the trials' code is on a cluster only."""
    if spec.trial.code is None or code is not None:
        return []
    remedy = "is on a cluster; give the folder with the code: --code DIR"
    where = ", ".join(spec.trial.code.config_maps) or spec.trial.code.label
    return [Problem("spec.trial.code", where, remedy)]


def _gpus_of(spec: SweepSpec) -> int:
    if spec.trial.manifest is not None:
        return 0
    if spec.trial.template is None:
        pod: Mapping[str, Any] = {"containers": [{"resources": spec.trial.resources}]}
    else:
        pod = spec.trial.template["spec"]
    return round(sum(requested(pod).values())) * spec.trial.instance_count


def _unsupported_parts(spec: SweepSpec) -> list[Problem]:
    """Return a problem for each part of a spec that needs a cluster."""
    manifest = spec.trial.manifest
    if manifest is not None:
        remedy = (
            f"needs a cluster with the controller of {manifest.kind}; to try the script here, give its "
            "command in trial.command"
        )
        return [Problem("spec.trial.manifest", manifest.kind, remedy)]
    problems = []
    distribution = spec.trial.distribution
    if distribution is not None and distribution.has_launcher and spec.trial.instance_count > 1:
        remedy = "needs the network of a cluster with several pods; try it with instanceCount: 1"
        problems.append(Problem("spec.trial.distribution.type", distribution.type, remedy))
    if spec.trial.template is not None:
        pod = spec.trial.template["spec"]
        if len(pod["containers"]) > 1 or pod.get("initContainers"):
            remedy = "a trial is one process here; put the steps into one command"
            problems.append(Problem("spec.trial.template.spec", "several containers", remedy))
        container, path = trainer_of(pod), "spec.trial.template.spec.containers[0]"
        for key in ("command", "args"):
            words = container.get(key) or []
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                problems.append(Problem(f"{path}.{key}", words, "must be a list of strings"))
    else:
        container = {"command": spec.trial.command, "env": spec.trial.env}
        path = "spec.trial"
    if not container.get("command"):
        remedy = "is required: the image and its default command are not used here"
        problems.append(Problem(f"{path}.command", "", remedy))
    for number, entry in enumerate(container.get("env") or ()):
        if "valueFrom" in entry and entry["name"] not in os.environ:
            remedy = f"comes from the cluster; set {entry['name']} in this shell"
            problems.append(Problem(f"{path}.env[{number}]", entry["name"], remedy))
    return problems
