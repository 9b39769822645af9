"""The cluster, by way of kubectl: its contexts, logins and flags are the user's own."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..resources import names
from ..resources.views import warm_started_by
from .errors import Unusable

# kubectl's own, passed on as they are.
_FLAGS = ("namespace", "context", "kubeconfig", "cluster", "user", "as")
_SWEEPS = f"{names.SWEEPJOBS}.{names.GROUP}"
_TRIALS = f"{names.SWEEPTRIALS}.{names.GROUP}"
_NOT_INSTALLED = "the server doesn't have a resource type"


class NotFound(Unusable):
    """There is nothing of that name."""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which cluster and which namespace."""
    group = parser.add_argument_group("cluster", "as in kubectl")
    for flag in _FLAGS:
        short = ["-n"] if flag == "namespace" else []
        group.add_argument(*short, f"--{flag}", metavar=flag.upper())


@dataclass(frozen=True)
class Kubectl:
    """kubectl with the flags that the user gave."""

    flags: tuple[str, ...] = ()

    @classmethod
    def of(cls, args: argparse.Namespace) -> Kubectl:
        given = ((flag, getattr(args, flag)) for flag in _FLAGS)
        return cls(tuple(f"--{flag}={value}" for flag, value in given if value))

    def run(self, *arguments: str) -> str:
        """Its standard output.

        Raises:
            NotFound, Unusable: with what it said, and what to do where that is known.
        """
        command = self.command(*arguments)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Unusable(_NO_KUBECTL) from None
        if done.returncode:
            raise _failure(done.stderr)
        return done.stdout

    def through(self, *arguments: str) -> int:
        """Run it on the user's own terminal; returns its exit code."""
        try:
            return subprocess.run(self.command(*arguments), check=False).returncode
        except FileNotFoundError:
            raise Unusable(_NO_KUBECTL) from None

    def command(self, *arguments: str) -> list[str]:
        return ["kubectl", *self.flags, *arguments]

    def get(self, *arguments: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.run("get", *arguments, "-o", "json"))
        return found

    def namespace(self) -> str:
        """The one that commands without a namespace are about."""
        path = "jsonpath={..namespace}"
        for flag in self.flags:
            if flag.startswith("--namespace="):
                return flag.partition("=")[2]
        return self.run("config", "view", "--minify", "-o", path).strip() or "default"

    def names(self, resource: str) -> list[str]:
        """The names of all objects of a kind of ours in the namespace."""
        path = "jsonpath={range .items[*]}{.metadata.name}{'\\n'}{end}"
        return self.run("get", f"{resource}.{names.GROUP}", "-o", path).split()

    def sweeps(self, *, everywhere: bool = False) -> list[Mapping[str, Any]]:
        scope = ["--all-namespaces"] if everywhere else []
        return list(self.get(_SWEEPS, *scope)["items"])

    def sweep(self, name: str) -> Mapping[str, Any]:
        return self.get(_SWEEPS, name)

    def trial(self, name: str) -> Mapping[str, Any]:
        return self.get(_TRIALS, name)

    def trials(self, sweep: str) -> list[Mapping[str, Any]]:
        """The records of a sweep's trials."""
        return list(self.get(_TRIALS, "-l", f"{names.LABEL_SWEEP}={sweep}")["items"])

    def warm_started_by(self, sweep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The trials of other sweeps that count in this one."""
        sources = (sweep.get("status") or {}).get("warmStart") or ()
        return [t for s in sources for t in warm_started_by(s, self.trials(s["sweep"]))]

    def pods(self, trial: str) -> list[Mapping[str, Any]]:
        return list(self.get("pods", "-l", f"{names.LABEL_TRIAL}={trial}")["items"])

    def patch_sweep(self, name: str, spec: Mapping[str, Any]) -> None:
        self.run("patch", _SWEEPS, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def delete_trial(self, name: str) -> None:
        self.run("delete", _TRIALS, name)

    def delete_jobs(self, trial: str) -> None:
        self.run("delete", "jobs", "-l", f"{names.LABEL_TRIAL}={trial}", "--wait=false")

    def watch_sweep(self, name: str) -> subprocess.Popen[str]:
        """A process that prints an event, in a line of its own, whenever the sweep changes."""
        return self._watch(_SWEEPS, name)

    def watch_trials(self, sweep: str) -> subprocess.Popen[str]:
        """The same for its trials' records."""
        return self._watch(_TRIALS, "-l", f"{names.LABEL_SWEEP}={sweep}")

    def _watch(self, *what: str) -> subprocess.Popen[str]:
        command = self.command("get", *what, "--watch-only", "--output-watch-events", "-o", "json")
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True)


_NO_KUBECTL = "kubectl is not installed, or not in PATH; this command reaches the cluster with it"


def _failure(said: str) -> Unusable:
    text = said.strip().removeprefix("Error from server ").removeprefix("error: ")
    if "(NotFound)" in said:
        return NotFound(text.removeprefix("(NotFound): "))
    if _NOT_INSTALLED in said:
        return Unusable(
            f"{text}. SweepJob is not installed in this cluster, or this is another one: look with "
            "kubectl config current-context, or install it with Helm"
        )
    return Unusable(text or "kubectl failed without a word")
