"""A sweep as a step: the example for plain kubectl, and an agent by the public client of its protocol."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.cluster import layout

from .sweeps import Sweeps, choice

STEP = layout.PROJECT / "examples" / "pipelines" / "step.sh"


def environment(sweeps: Sweeps) -> dict[str, str]:
    """A shell whose kubectl has the namespace of the test."""
    kubectl = Path(sweeps.target.kubectl_program)
    return {
        **os.environ,
        "PATH": f"{kubectl.parent}:{os.environ['PATH']}",
        "KUBECONFIG": str(sweeps.target.kubeconfig),
    }


def sweep_file(sweeps: Sweeps, folder: Path, name: str, **changes: Any) -> Path:
    space = {"level": choice(0.1, 0.5), "reports": choice(3), "pause": choice(0.1)}
    body = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": name, "namespace": sweeps.namespace},
        "spec": sweeps.spec(space, **changes),
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(body))
    return path


def step(sweeps: Sweeps, file: Path, outputs: Path) -> subprocess.CompletedProcess[str]:
    kubectl = outputs / "kubectl"
    outputs.mkdir()
    # The script names no namespace: it is that of the kubeconfig.
    kubectl.write_text(
        f'#!/bin/sh\nexec {sweeps.target.kubectl_program} -n {sweeps.namespace} "$@"\n'
    )
    kubectl.chmod(0o755)
    found = environment(sweeps)
    found["PATH"] = f"{outputs}:{found['PATH']}"
    return subprocess.run(
        ["sh", STEP, file, outputs], env=found, capture_output=True, text=True, check=False
    )


def test_kubectl_waits_and_goes_on_with_the_best_parameters(sweeps: Sweeps, tmp_path: Path) -> None:
    done = step(sweeps, sweep_file(sweeps, tmp_path, "step"), tmp_path / "out")
    assert done.returncode == 0, done.stderr
    best = sweeps.sweep("step")["status"]["best"]
    assert json.loads((tmp_path / "out" / "best.json").read_text()) == best["parameters"]
    assert (tmp_path / "out" / "value").read_text() == best["value"]
    assert (tmp_path / "out" / "trial").read_text() == best["trial"]


def test_kubectl_stops_at_a_sweep_that_failed(sweeps: Sweeps, tmp_path: Path) -> None:
    limits = {"maxTotalTrials": 1, "maxConcurrentTrials": 1, "maxFailedTrials": 1}
    file = sweep_file(
        sweeps, tmp_path, "failing", limits=limits, trial={"command": ["sh", "-c", "exit 3"]}
    )
    done = step(sweeps, file, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.strip()
    assert not (tmp_path / "out" / "best.json").exists()


def test_kubectl_stops_at_a_sweep_whose_spec_is_refused(sweeps: Sweeps, tmp_path: Path) -> None:
    """Such a sweep never ends: it waits for another spec."""
    space = {"model": choice({"kind": "mlp", "units": {"type": "between", "low": 1}})}
    file = sweep_file(sweeps, tmp_path, "refused", searchSpace=space)
    done = step(sweeps, file, tmp_path / "out")
    assert done.returncode == 1
    assert "spec.searchSpace.model" in done.stderr
    assert not (tmp_path / "out" / "best.json").exists()


async def test_an_agent_reads_and_changes_with_the_users_rights(
    sweeps: Sweeps, tmp_path: Path
) -> None:
    flags = ["-n", sweeps.namespace, "--kubeconfig", str(sweeps.target.kubeconfig)]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "sweepjob.cli", "mcp", "--allow-changes", *flags],
        env=environment(sweeps),
    )

    async def use(tool: str, **arguments: Any) -> str:
        done = await session.call_tool(tool, arguments)
        assert not done.is_error, done.content
        return "\n".join(part.text for part in done.content)  # type: ignore[union-attr] # a text

    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        file = sweep_file(sweeps, tmp_path, "agent")
        assert "sweepjob/agent created" in await use("submit", sweep=file.read_text())
        sweeps.await_end("agent")
        assert '"agent"' in await use("list_sweeps")
        reason = sweeps.condition("agent", "Complete")["reason"]
        assert reason in await use("explain", name="agent")
        assert "agent-0" in await use("trials", name="agent", sort="index", limit=1)
        best = sweeps.sweep("agent")["status"]["best"]
        assert best["trial"] in await use("best", name="agent")
        assert "agent-0" in await use("explain", name="sweeptrial/agent-0")
        missing = await session.call_tool("best", {"name": "nobody"})
        assert missing.is_error
        assert "nobody" in missing.content[0].text  # type: ignore[union-attr] # a text
