"""What Flux and Argo CD think of sweeps: kstatus itself, and the checks that the documentation gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import build
from tests.cluster.console import run

from .documents import yaml_pieces
from .sweeps import Sweeps, choice, eventually

SPACE = {"level": choice(0.1, 0.2), "reports": choice(2)}
SCRIPT = "resource.customizations.health.sweepjob.dev_SweepJob"


def checks() -> tuple[str, dict[str, str]]:
    """Argo CD's script and Flux's expressions, from the page about them."""
    documents = [yaml.safe_load(p.text) for p in yaml_pieces() if p.page.name == "gitops.md"]
    [script] = [d["data"][SCRIPT] for d in documents if SCRIPT in d.get("data", {})]
    [[flux]] = [
        d["spec"]["healthCheckExprs"] for d in documents if "healthCheckExprs" in d.get("spec", {})
    ]
    return script, flux


def health(body: Any, tmp_path: Path) -> tuple[str, str, str]:
    """What kstatus, Argo CD and Flux's expressions make of an object."""
    program = str(build.health() / "health")
    script, flux = checks()
    (tmp_path / "check.lua").write_text(script)
    text = json.dumps(body)

    def ask(*arguments: str) -> str:
        return run([program, *arguments], stdin=text).partition(":")[0].strip()

    said = {kind: ask("expression", flux[kind]) for kind in ("current", "failed")}
    word = next((kind for kind in ("failed", "current") if said[kind] == "true"), "inProgress")
    return ask(), ask("script", str(tmp_path / "check.lua")), word


def create(sweeps: Sweeps, name: str, **changes: Any) -> dict[str, Any]:
    """A sweep; returns it as it is before anybody has looked at it."""
    spec = sweeps.spec(SPACE, limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1}, **changes)
    meta = {"name": name, "namespace": sweeps.namespace}
    kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    body = json.dumps({**kind, "metadata": meta, "spec": spec})
    made = sweeps.target.kubectl("create", "-o", "json", "-f", "-", stdin=body)
    return dict(json.loads(made))


@pytest.fixture(scope="module")
def fates(sweeps: Sweeps) -> dict[str, Any]:
    """A sweep for each state that it can be in."""
    slow = {"searchSpace": {"level": choice(0.1), "pause": choice(60)}}
    seen = {"new": create(sweeps, "running", **slow)}
    create(sweeps, "suspended", suspend=True)
    create(sweeps, "waiting", warmStart={"sweeps": ["nothing"]})
    create(sweeps, "refused", trial={"command": "${{inputs.nothing}}"})
    create(sweeps, "done")
    create(sweeps, "failed", searchSpace={**SPACE, "fail": choice(True)})
    for name in ("done", "failed"):
        seen[name] = sweeps.await_end(name)
    for name in ("running", "suspended", "waiting", "refused"):
        eventually(lambda name=name: sweeps.condition(name, "Accepted"), 10, "it is looked at")
        seen[name] = sweeps.sweep(name)
    return seen


STATES = [
    ("new", "InProgress", "Progressing", "inProgress"),
    ("waiting", "InProgress", "Progressing", "inProgress"),
    ("running", "Current", "Progressing", "inProgress"),
    ("suspended", "Current", "Suspended", "inProgress"),
    ("done", "Current", "Healthy", "current"),
    ("failed", "Failed", "Degraded", "failed"),
    ("refused", "Failed", "Degraded", "failed"),
]


@pytest.mark.parametrize(("name", "kstatus", "argo", "flux"), STATES, ids=[s[0] for s in STATES])
def test_gitops_tools_see_the_health_of_a_sweep(
    fates: dict[str, Any], tmp_path: Path, name: str, kstatus: str, argo: str, flux: str
) -> None:
    assert health(fates[name], tmp_path) == (kstatus, argo, flux)


def test_a_changed_sweep_is_progressing_again(fates: dict[str, Any], tmp_path: Path) -> None:
    body = json.loads(json.dumps(fates["done"]))
    body["metadata"]["generation"] += 1
    assert health(body, tmp_path)[:2] == ("InProgress", "Progressing")
