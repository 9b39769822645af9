"""Sweeps from Git: the files, what a GitOps tool has written, and the protocol of what was seen."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests.cluster import layout
from tests.cluster import target as clusters
from tests.cluster.console import run
from tests.cluster.target import Target

from .documents import yaml_pieces
from .sweeps import Sweeps, choice, eventually

T = TypeVar("T")

REFUSAL = "cannot change once the sweep has started; create another SweepJob"


def manifest(sweeps: Sweeps, name: str, *, pause: float = 0.2, **changes: Any) -> str:
    """Return the file of a sweep; its trials report twice.

    Args:
        pause: seconds after each report.
    """
    level = {"type": "uniform", "minValue": 0, "maxValue": 1}
    space = {"level": level, "reports": choice(2), "pause": choice(pause)}
    body = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": name, "namespace": sweeps.namespace},
        "spec": sweeps.spec(space, **changes),
    }
    return str(yaml.safe_dump(body, sort_keys=False))


def marker(name: str) -> str:
    """Return a file that keeps a folder from being empty."""
    meta = {"name": f"marker-{name}", "namespace": "default"}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})


def operator_values(target: Target) -> dict[str, Any]:
    """Return the chart's values for Git: the images of this cluster, and a certificate made before."""
    values: dict[str, Any] = {"intake": {"existingSecret": "sweepjob-intake"}}
    for chart, name in ((values, "operator"), (values.setdefault("sidecar", {}), "sidecar")):
        repository, _, tag = target.images[name].rpartition(":")
        chart["image"] = {"repository": repository, "tag": tag}
    return values


def hand_over_the_operator(target: Target) -> None:
    """Uninstall the operator, so that Git installs it, and make its certificate."""
    target.helm("uninstall", clusters.RELEASE, "--namespace", clusters.SYSTEM, "--wait")
    secret = run(["sh", str(layout.PROJECT / "manifests" / "certificate.sh")])
    target.kubectl("apply", "-f", "-", stdin=secret)


def take_the_operator_back(target: Target) -> None:
    """Install the operator by Helm again, with a certificate of its own."""
    target.kubectl("-n", clusters.SYSTEM, "delete", "secret", "sweepjob-intake")
    clusters.install(target)


def documented(kind: str) -> list[dict[str, Any]]:
    """Return the objects of a kind that the page about GitOps tools recommends."""
    pieces = [piece for piece in yaml_pieces() if piece.page.name == "gitops.md"]
    documents = [d for piece in pieces for d in yaml.safe_load_all(piece.text)]
    return [document for document in documents if document.get("kind") == kind]


@dataclass(frozen=True, slots=True)
class Requests:
    """What a tool has asked the API server to change of one object.

    Attributes:
        writes: those that changed it.
        dry_runs: those that asked what an apply would change.
    """

    writes: int
    dry_runs: int


def requests(sweeps: Sweeps, user: str, name: str) -> Requests:
    """Return those about a sweep, by the API server's audit log."""
    found = [
        event
        for event in _audited(sweeps)
        if event["user"]["username"] == user
        and event["objectRef"].get("resource") == "sweepjobs"
        and event["objectRef"].get("namespace") == sweeps.namespace
        and event["objectRef"].get("name") == name
        and event["responseStatus"]["code"] < 300
    ]
    dry = sum("dryRun=All" in event["requestURI"] for event in found)
    return Requests(len(found) - dry, dry)


def _audited(sweeps: Sweeps) -> Iterator[dict[str, Any]]:
    assert sweeps.target.built_in is not None, "reads the API server's audit log"
    for log in sweeps.target.built_in.logs.glob("audit*.log"):
        for line in log.read_text().splitlines():
            event = json.loads(line)
            if "objectRef" in event:
                yield event


@dataclass
class Protocol:
    """A row for each step of a story: what was committed, what the tool showed, how long it took."""

    tool: str
    rows: list[str] = field(default_factory=list)

    def await_(self, probe: Callable[[], T | None], seconds: float, what: str) -> tuple[T, float]:
        """Return what ``eventually`` returns, and after how many seconds."""
        began = time.monotonic()
        return eventually(probe, seconds, what), time.monotonic() - began

    def add(self, committed: str, shown: str, seconds: float | None, writes: int | None) -> None:
        """Add a row.

        Args:
            committed: what was committed, or done otherwise.
            shown: what the tool showed, with its message.
            seconds: from the commit until it was shown.
            writes: how many times the tool has written to the sweep since it was created.
        """
        took = "" if seconds is None else f"{seconds:.0f} s"
        without_hash = re.sub("@sha1:[0-9a-f]{40}", "", shown)
        shown = " ".join(without_hash.split()).replace("|", "\\|")
        self.rows.append(f"| {committed} | {shown} | {took} | {'' if writes is None else writes} |")

    def write(self) -> Path:
        """Write the table into the folder ``build``."""
        file = layout.PROJECT / "build" / f"gitops-{self.tool.lower().replace(' ', '-')}.md"
        file.parent.mkdir(exist_ok=True)
        head = f"| Step | {self.tool} | Time | Writes |\n| --- | --- | --- | --- |\n"
        file.write_text(head + "\n".join(self.rows) + "\n")
        return file
