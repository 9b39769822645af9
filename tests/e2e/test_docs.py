"""The documentation: every command of it is run, every YAML is applied."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.api.spec_parser import parse_sweepjob

from .documents import PAGES, ROOT, Piece, commands, inline_commands, yaml_pieces
from .sweeps import Sweeps, choice, eventually

HERE = Path(__file__).parent
# Commands that another test runs: by its name, which has to be there.
ELSEWHERE = {
    "make demo": "test_sweep.py::test_the_demo",
    "make test": "test_docs.py::test_every_command_is_run",
    'make cluster-up ARGS="--nodes 2 --gpus 8"': "test_node_loss.py::test_a_lost_node",
    "python -m tests.cluster status | kubeconfig | down": "test_cluster.py::test_down_removes_everything",
    "python -m tests.cluster load-image FOLDER --tag localhost/mine:1": "conftest.py::target",
    "python -m tests.cluster node kill|freeze|thaw 2": "test_cluster.py::test_a_frozen_node_is_detected_and_recovers",
    "python -m tests.cluster restart kube-apiserver": "test_killed_components.py",
    "python -m tests.cluster simulate 100": "test_cluster.py::test_simulated_nodes_join",
    "kubectl apply -k manifests": "test_chart.py::test_the_manifests_can_be_applied",
    "helm test sweepjob --namespace sweepjob-system --logs": "test_chart.py::test_helm_test_runs_a_sweep_and_cleans_up",
    "helm upgrade --install sweepjob helm/sweepjob --namespace sweepjob-system --reset-then-reuse-values --set monitoring.": "test_monitoring.py",
    "helm upgrade --install sweepjob helm/sweepjob --namespace sweepjob-system --reset-then-reuse-values --set dashboard.": "test_dashboard_access.py::site",
    "kubectl sweepjob ui first": "test_dashboard.py::address",
    "kubectl sweepjob submit -f sweep.yaml --code": "test_code.py::test_the_tutorial",
    "kubectl sweepjob best mine -o args": "test_code.py::test_the_tutorial",
    "kubectl sweepjob explain mine": "test_code.py::test_the_tutorial",
    "kubectl sweepjob logs mine-0": "test_code.py::test_the_tutorial",
    "kubectl sweepjob doctor": "test_code.py::test_the_tutorial",
    "sh examples/pipelines/step.sh": "test_pipelines.py::test_kubectl_waits_and_goes_on",
    "make release VERSION=0.2.0 PLATFORMS=linux/amd64": "test_release.py::test_the_same_commit_gives_the_same_bytes",
    "helm install sweepjob sweepjob-0.2.0.tgz": "test_release.py::test_the_chart_installs_the_images_of_the_release",
    "sha256sum --check": "test_release.py::test_everything_is_signed",
    "kubectl create secret generic team-webhook": "test_notifications.py::receiver",
    "kubectl sweepjob download first -o models": "test_outputs.py::test_the_program_downloads",
    "kubectl sweepjob pause halving-7": "test_pause.py::test_a_person_pauses_and_resumes_a_trial",
    "kubectl sweepjob resume halving-7": "test_pause.py::test_a_person_pauses_and_resumes_a_trial",
}
# Within sentences: what only names a command, and what another test runs.
NAMED = {
    *(
        "kubectl sweepjob",
        "kubectl sweepjob ...",
        "kubectl apply",
        "kubectl describe",
        "kubectl drain",
    ),
    *("kubectl sweepjob suspend", "kubectl sweepjob export", "sweepjob run --local"),
    *("sweepjob validate", "sweepjob propose", "sweepjob replay"),
    *("kubectl sweepjob ui", "sweepjob export"),
    "sweepjob convert",
    "sweepjob ui [SWEEP] [-A] [--port N] [--no-browser] [--read-only]",  # which test_dashboard.py runs
    # Which test_code.py and test_outputs.py run.
    "sweepjob submit -f FILE [--code DIR] [--name NAME] [--follow] [--dry-run]",
    "sweepjob submit --dry-run",
    "sweepjob submit --code DIR",
    "kubectl sweepjob logs TRIAL --rank 2",  # needs a trial of several pods
    r"sweepjob download SWEEP\|TRIAL [-o DIR] [--only NAME]",
    "kubectl sweepjob download NAME",
    "kubectl sweepjob submit --warm-start FILE",  # which test_warm_start.py runs
    "sweepjob doctor",
    # Which test_release.py runs, with the name of the chart.
    "helm show values sweepjob-0.2.0.tgz",
    "helm show chart sweepjob-0.2.0.tgz",
    # Needs krew; the checksums are compared with the archive by test_release.py.
    "kubectl krew install --manifest=krew-sweepjob.yaml --archive=kubectl-sweepjob-0.2.0-linux-amd64.tar.gz",
    *("sweepjob explain", "kubectl sweepjob logs", "helm rollback"),
    "kubectl get experiments -o yaml",  # needs Katib
    # Which unit tests run, with a real registry.
    "sweepjob promote SWEEP [--name MODEL] [--model NAME] [--alias ALIAS] [--tracking-uri URL] "
    "[--trial TRIAL] [--now]",
    "sweepjob promote SWEEP --job [--apply] [--trial TRIAL] [--now]",
    # Which unit tests run, on a sweep with several objectives.
    *("kubectl sweepjob best SWEEP --by latency_ms -o args", "kubectl sweepjob best SWEEP --knee"),
    "sweepjob mcp",  # which test_pipelines.py and test_mcp.py run
    "sweepjob mcp [--allow-changes]",
}
CHANGES = ("suspend", "pause", "resume", "stop", "retry")  # test_cli.py, test_pause.py
# What is put for what a reader would put for it; what is in brackets may be left out.
STANDS_FOR = [
    (r" \[(\[[^\]]*\]|[^\[\]])*\]", ""),  # one within another, too
    ("CURVES.jsonl", "curves.jsonl"),
    (r"SWEEP\.\.\.", "SWEEP"),
    (r"azure-map init FILE\.\.\.", "azure-map init job.yml"),
    ("azure-map validate FILE", "azure-map validate azure-map.yaml"),
    (r"SWEEP\.yaml|FILE(\.\.\.)?", "sweep.yaml"),
    ("convert sweep.yaml", "convert job.yml"),
    # A trial that was stopped has no log any more, and may be the best one all the same.
    ("logs TRIAL", "logs $(kubectl get swt | awk '/ Succeeded / {print $1; exit}')"),
    ("TRIAL", "first-3"),
    ("--metric NAME", "--metric val_accuracy"),
    ("get NAME --watch", "get NAME"),  # step.sh of test_pipelines.py waits so
    ("SWEEP|NAME", "first"),
    ("digits", "first"),
    ("(kubectl apply .*)", r"\1 --dry-run=client"),
    ("completion fish [|] source", "completion fish"),
    ("kubectl auth can-i --list", "kubectl auth can-i --list --namespace default"),
]
# How the others are run here: what they need is there already, or must not be changed.
REWRITTEN = [
    (r"^helm install sweepjob-crds", "helm template sweepjob-crds"),
    (r"^helm install ", "helm template "),
    (r"^helm upgrade (?!--install)", "helm upgrade --dry-run=server "),
    (r"\| kubectl apply -f -", "| kubectl apply --dry-run=server -f -"),
    (r"^pip install ", "$UV install --no-deps --target installed "),
    (r"^(sweepjob run .*)", r"\1 --fresh"),
    # Replaces the words in capitals, as the page says.
    (
        r"^(sweepjob azure-map init .*> azure-map.yaml)",
        r"\1 && sed -i 's/NAMESPACE/default/; s/QUEUE/gpus/; s/REGISTRY.*/localhost:train/' azure-map.yaml",
    ),
]


AZURE_PROGRAM = """
from azure.ai.ml import command
job = command(command="python train.py", environment="sklearn:1", compute="cpu")
"""


@dataclass(frozen=True)
class Desk:
    """A folder with what a reader would have there, and a shell in it."""

    folder: Path
    env: dict[str, str]

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.env,
            text=True,
            capture_output=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def desk(sweeps: Sweeps, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The repository as far as commands name it, kubectl at the module's namespace, the program installed."""
    folder = tmp_path_factory.mktemp("desk")
    for name in (
        "examples",
        "helm",
        "manifests",
        "crds",
        "operator",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    ):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "tests" / "data" / "azure" / "01-hello-sweep.yml", folder / "job.yml")
    (folder / "train.py").write_text(AZURE_PROGRAM)
    (folder / "notebook.ipynb").write_text(
        json.dumps({"cells": [{"cell_type": "code", "source": ["import azure.ai.ml"]}]})
    )
    programs = folder / "bin"
    programs.mkdir()
    for name in ("sweepjob", "kubectl-sweepjob"):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m sweepjob.cli "$@"\n')
        (programs / name).chmod(0o755)
    kubectl, helm = (Path(p) for p in (sweeps.target.kubectl_program, sweeps.target.helm_program))
    own = Path(sys.executable).parent  # has a python, which not every machine calls so
    path = f"{programs}:{kubectl.parent}:{helm.parent}:{own}:{os.environ['PATH']}"
    kubeconfig = folder / "kubeconfig"
    shutil.copy(sweeps.target.kubeconfig, kubeconfig)
    env = {**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig)}
    env |= {"PYTHONPATH": str(ROOT / "operator"), "UV": f"{ROOT}/.uv/bin/uv pip"}
    made = Desk(folder, env)
    made.run(f"kubectl config set-context --current --namespace {sweeps.namespace}")
    (folder / "sweep.yaml").write_text(json.dumps(on_a_cluster(sweeps)))
    return made


def on_a_cluster(sweeps: Sweeps) -> dict[str, Any]:
    """The first example with its script in the command, since no image here has it."""
    body: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "first" / "sweep.yaml").read_text())
    script = (ROOT / "examples" / "first" / "train.py").read_text()
    words = body["spec"]["trial"]["command"].split()
    trial = {
        "image": sweeps.target.images["trainer"],
        "command": ["python", "-c", script, *words[2:]],
    }
    return {**body, "spec": {**body["spec"], "trial": trial}}


def test_every_command_is_run(desk: Desk, sweeps: Sweeps) -> None:
    left = [piece for piece in commands() if not _elsewhere(piece.text)]
    # The tutorial runs first: other pages use the sweep that it creates.
    left.sort(key=lambda piece: piece.page.name != "first-sweep.md")
    assert len(left) > 12
    for piece in left:
        said = desk.run(_rewritten(piece.text))
        if piece.text == "kubectl apply -f sweep.yaml":
            eventually(lambda: sweeps.sweep("first")["status"]["startTime"], 10, "it has started")
        if piece.text.startswith("kubectl sweepjob get first -w"):
            assert "Complete: 16 of 16 trials" in said
            desk.run("kubectl sweepjob curves first -o jsonl > curves.jsonl")

    # After these, since the sweep is there by then, and has ended.
    for command in inline_commands():
        if command not in NAMED and not any(
            f"sweepjob {verb} " in f"{command} " for verb in CHANGES
        ):
            for pattern, instead in STANDS_FOR:
                command = re.sub(pattern, instead, command)
            desk.run(_rewritten(command))


def _elsewhere(command: str) -> bool:
    return any(command.startswith(known) for known in ELSEWHERE)


def _rewritten(command: str) -> str:
    for pattern, instead in REWRITTEN:
        command = re.sub(pattern, instead, command)
    return command


def test_commands_tested_elsewhere_exist() -> None:
    found = [piece.text for piece in commands()]
    for known, where in ELSEWHERE.items():
        assert any(command.startswith(known) for command in found), f"{known} is no longer there"
        file, _, test = where.partition("::")
        assert f"def {test}" in (HERE / file).read_text(), where


OURS = [piece for piece in yaml_pieces() if not piece.kind]


@pytest.mark.parametrize("piece", OURS, ids=map(str, OURS))
def test_every_yaml_block_is_accepted(sweeps: Sweeps, piece: Piece) -> None:
    for document in yaml.safe_load_all(piece.text):
        body = whole(sweeps, document)
        assert "dry run" in answer_to(sweeps, body)
        if body["kind"] == "SweepJob":
            parse_sweepjob(body)


def answer_to(sweeps: Sweeps, body: dict[str, Any]) -> str:
    """What the API server says of an object in a dry run, under a name that no other has."""
    meta = {"name": f"{body['metadata']['name']}-read", "namespace": sweeps.namespace}
    text = json.dumps({**body, "metadata": meta})
    return sweeps.kubectl("apply", "--dry-run=server", "-f", "-", stdin=text)


def whole(sweeps: Sweeps, found: dict[str, Any]) -> dict[str, Any]:
    """An object, or a sweep that a piece of one is part of."""
    if "kind" in found:
        return found
    piece = found.get("spec", found)
    if "command" in piece:
        piece = {"trial": {"command": piece["command"]}}
    space = {"lr": choice(0.1), "model": choice({"units": 8}, {"kind": "linear"})}
    spec = sweeps.spec(space)
    spec["outputs"] = {"model": {"volume": {"emptyDir": {}}}}
    if piece.get("trial", {}).keys() & {"template", "manifest"}:
        spec["trial"] = {}
    if "manifest" in piece.get("trial", {}):
        spec.pop("outputs")  # they need a pod template
    if "objectives" in piece:
        spec.pop("objective")
    for key, value in piece.items():
        spec[key] = {**spec.get(key, {}), **value} if isinstance(value, dict) else value
    head = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    return {**head, "metadata": {"name": "piece"}, "spec": spec}


def test_every_example_is_accepted(sweeps: Sweeps) -> None:
    found = sorted((ROOT / "examples").glob("*/*.yaml"))
    others = ("pipelines", "policies")  # of other systems, and about sweeps
    files = [file for file in found if file.parent.name not in others]
    assert files
    for file in files:
        assert "dry run" in answer_to(sweeps, yaml.safe_load(file.read_text()))


def test_yaml_of_other_kinds_parses() -> None:
    for piece in yaml_pieces():
        if piece.kind:
            assert isinstance(yaml.safe_load(piece.text), dict), piece
    assert {piece.kind for piece in yaml_pieces()} == {
        *("", "Argo CD", "Argo Workflows", "Azure map", "Flux", "Helm values", "kustomize"),
        *("Katib", "Weights & Biases"),
    }


def test_the_chart_accepts_documented_values(sweeps: Sweeps, tmp_path: Path) -> None:
    for piece in (piece for piece in yaml_pieces() if piece.kind == "Helm values"):
        file = tmp_path / "values.yaml"
        file.write_text(piece.text)
        assert sweeps.target.helm("template", "x", str(ROOT / "helm" / "sweepjob"), "-f", str(file))


def test_every_page_of_the_docs_is_checked() -> None:
    assert {page.name for page in PAGES} >= {"README.md", "first-sweep.md", "gitops.md"}
