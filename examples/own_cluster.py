"""What the demo does on a cluster of the user's own, said before it does it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import target as clusters
from tests.cluster.console import ClusterError
from tests.cluster.target import Target


def describe(target: Target, namespace: str, sweep_file: Path) -> list[str]:
    """Return the lines that say what is going to be changed, and what the cluster may lack.

    Args:
        target: the cluster.
        namespace: the namespace of the demo's sweep.
        sweep_file: the sweep.
    """
    context = target.kubectl("config", "current-context").strip()
    spec = yaml.safe_load(sweep_file.read_text())["spec"]
    trials = spec["limits"]["maxTotalTrials"]
    lines = [
        f"The demo uses your cluster: context {context} of {target.kubeconfig}. It",
        f"- {_operator(target)}, with the CRDs sweepjobs and sweeptrials and cluster roles",
        f"- creates the namespace {namespace} and runs at most {trials} trials in it, from {sweep_file}",
        "- changes nothing else",
        "The nodes pull these images, so push them to a registry that they reach, or load them with "
        "'kind load docker-image', 'minikube image load' or 'k3d image import':",
        *(f"- {name}: {reference}" for name, reference in target.images.items()),
    ]
    return lines + _lacking(target, spec)


def _operator(target: Target) -> str:
    found = target.helm("list", "-n", clusters.SYSTEM, "-q").split()
    what = "upgrades" if clusters.RELEASE in found else "installs"
    return f"{what} the operator as release {clusters.RELEASE} in namespace {clusters.SYSTEM}"


def _lacking(target: Target, spec: dict[str, Any]) -> list[str]:
    """Return a warning for each device that a trial asks for and no node has."""
    wanted = (spec["trial"].get("resources") or {}).get("limits") or {}
    nodes = target.kubectl_get("nodes")["items"]
    lines = []
    for name, amount in wanted.items():
        if "/" not in name:
            continue
        most = max((int(node["status"]["allocatable"].get(name, 0)) for node in nodes), default=0)
        if most < int(amount):
            lines.append(
                f"warning: a trial asks for {amount} {name}, and no node has more than {most}, so trials "
                f"will wait. Remove spec.trial.resources from a copy of the file: make demo SWEEP=COPY"
            )
    return lines


def agreed() -> bool:
    """Ask whether to go on; without a terminal nobody is asked."""
    if not sys.stdin.isatty():
        return True
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
    except KeyboardInterrupt:
        raise ClusterError("interrupted; nothing was changed") from None
