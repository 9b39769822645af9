"""The cluster, by way of kubectl: its contexts, logins and flags are the user's own."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api import names
from ..loading.errors import Unusable
from ..render.views import warm_started_by
from .kubectl_errors import NO_KUBECTL, NotFound, explained

# kubectl's own, passed on as they are.
_FLAGS = ("namespace", "context", "kubeconfig", "cluster", "user", "as")
_SWEEPS = f"{names.SWEEPJOBS}.{names.GROUP}"
_TRIALS = f"{names.SWEEPTRIALS}.{names.GROUP}"


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
            raise Unusable(NO_KUBECTL) from None
        if done.returncode:
            raise explained(done.stderr)
        return done.stdout

    def through(self, *arguments: str) -> int:
        """Run it on the user's own terminal; returns its exit code."""
        try:
            return subprocess.run(self.command(*arguments), check=False).returncode
        except FileNotFoundError:
            raise Unusable(NO_KUBECTL) from None

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

    def has(self, resource: str, name: str) -> bool:
        """Whether there is an object of a kind of ours of this name in the namespace."""
        try:
            self.run("get", f"{resource}.{names.GROUP}", name, "-o", "name")
        except NotFound:
            return False
        return True

    def sweeps(self, *, everywhere: bool = False) -> list[Mapping[str, Any]]:
        scope = ["--all-namespaces"] if everywhere else []
        return list(self.get(_SWEEPS, *scope)["items"])

    def sweep(self, name: str) -> Mapping[str, Any]:
        return self._named(_SWEEPS, name)

    def trial(self, name: str) -> Mapping[str, Any]:
        return self._named(_TRIALS, name)

    def _named(self, resource: str, name: str) -> Mapping[str, Any]:
        try:
            return self.get(resource, name)
        except NotFound as error:
            raise NotFound(f"{error} in namespace {self.namespace()}{self._hint(name)}") from None

    def _hint(self, name: str) -> str:
        """Where a name that is not in the namespace may be meant; empty where nobody may say."""
        for resource, kind in ((_SWEEPS, "sweep"), (_TRIALS, "trial")):
            with contextlib.suppress(Unusable):
                found = self._namespaces_with(resource, name)
                if self.namespace() in found:
                    return f"; {name} is the name of a {kind} there"
                if found:
                    where = ", ".join(found)
                    return (
                        f"; there is a {kind} of this name in namespace {where}: add -n {found[0]}"
                    )
        return "" if self._namespace_exists() else "; this namespace does not exist"

    def _namespaces_with(self, resource: str, name: str) -> list[str]:
        path = "jsonpath={range .items[*]}{.metadata.namespace}{'\\n'}{end}"
        return self.run(
            *("get", resource, "--all-namespaces", f"--field-selector=metadata.name={name}"),
            *("-o", path),
        ).split()

    def _namespace_exists(self) -> bool:
        try:
            self.run("get", "namespace", self.namespace(), "-o", "name")
        except NotFound:
            return False
        except Unusable:
            return True  # nobody may say
        return True

    def explain_empty(self) -> str:
        """What to say where the namespace has no sweep."""
        if not self._namespace_exists():
            return f"namespace {self.namespace()} does not exist; choose one with -n"
        return (
            f"no sweeps found in namespace {self.namespace()}; -A shows all namespaces, and "
            "kubectl apply -f SWEEP.yaml creates one"
        )

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
