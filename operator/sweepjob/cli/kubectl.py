"""Access to the cluster through kubectl, with the user's contexts, credentials and flags."""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..api import names
from ..api.parsing.suggestions import did_you_mean
from .errors import CommandError
from .folder_names import local_hint
from .kubectl_errors import NO_KUBECTL, Forbidden, NotFound, parse_error

if TYPE_CHECKING:
    from ..api.sweeptrial.annotations import AnnotationChange

# Flags of kubectl, passed on unchanged.
_FLAGS = {
    "namespace": "namespace of the sweeps",
    "context": "context of the kubeconfig",
    "kubeconfig": "kubeconfig file",
    "cluster": "cluster of the kubeconfig",
    "user": "user of the kubeconfig",
    "as": "user to impersonate",
}
_SWEEPS = f"{names.SWEEPJOBS}.{names.GROUP}"
_TRIALS = f"{names.SWEEPTRIALS}.{names.GROUP}"


def add_cluster_flags(parser: argparse.ArgumentParser) -> None:
    """Add kubectl's flags for the cluster and the namespace."""
    group = parser.add_argument_group("cluster", "as in kubectl")
    for flag, text in _FLAGS.items():
        short = ["-n"] if flag == "namespace" else []
        group.add_argument(*short, f"--{flag}", metavar=flag.upper(), help=text)


@dataclass(frozen=True)
class Kubectl:
    """kubectl with the user's flags.

    Attributes:
        flags: flags of each call, such as ``--namespace=team``.
    """

    flags: tuple[str, ...] = ()

    @classmethod
    def of(cls, args: argparse.Namespace) -> Kubectl:
        """Return kubectl with the flags of a command line."""
        given = ((flag, getattr(args, flag)) for flag in _FLAGS)
        return cls(tuple(f"--{flag}={value}" for flag, value in given if value))

    def in_namespace(self, namespace: str) -> Kubectl:
        """Return kubectl with the same flags for a namespace."""
        others = (flag for flag in self.flags if not flag.startswith("--namespace="))
        return Kubectl((f"--namespace={namespace}", *others))

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl, and return its standard output.

        Args:
            arguments: the command and its flags.
            stdin: its standard input; None for that of this process.

        Raises:
            NotFound: the object does not exist.
            CommandError: kubectl failed; the message is its own, with a remedy if one is known.
        """
        command = self.command(*arguments)
        try:
            done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise CommandError(NO_KUBECTL) from None
        if done.returncode:
            raise parse_error(done.stderr)
        return done.stdout

    def answer(self, *arguments: str) -> str:
        """Run kubectl, and return its first word whether it succeeds or not, such as yes or no."""
        try:
            done = subprocess.run(
                self.command(*arguments), capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise CommandError(NO_KUBECTL) from None
        return next(iter(done.stdout.split()), "")

    def run_attached(self, *arguments: str) -> int:
        """Run kubectl with the program's own streams, and return its exit code."""
        try:
            return subprocess.run(self.command(*arguments), check=False).returncode
        except FileNotFoundError:
            raise CommandError(NO_KUBECTL) from None

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a call."""
        return ["kubectl", *self.flags, *arguments]

    def get(self, *arguments: str) -> Mapping[str, Any]:
        """Run ``kubectl get``, and return the object or the List."""
        found: Mapping[str, Any] = json.loads(self.run("get", *arguments, "-o", "json"))
        return found

    def create(self, body: Mapping[str, Any], *flags: str) -> Mapping[str, Any]:
        """Create an object, and return it as the API server stored it.

        Args:
            body: the object, with its namespace.
            flags: further flags of ``kubectl create``.

        Raises:
            AlreadyExists: there is one of its name.
        """
        where = self.in_namespace(body["metadata"]["namespace"])
        text = where.run("create", "-f", "-", "-o", "json", *flags, stdin=json.dumps(body))
        made: Mapping[str, Any] = json.loads(text)
        return made

    def namespace(self) -> str:
        """Return the namespace that is used by calls without one."""
        path = "jsonpath={..namespace}"
        for flag in self.flags:
            if flag.startswith("--namespace="):
                return flag.partition("=")[2]
        return self.run("config", "view", "--minify", "-o", path).strip() or "default"

    def names(self, resource: str) -> list[str]:
        """Return the names of all objects of a SweepJob resource in the namespace."""
        path = "jsonpath={range .items[*]}{.metadata.name}{'\\n'}{end}"
        return self.run("get", f"{resource}.{names.GROUP}", "-o", path).split()

    def has(self, resource: str, name: str) -> bool:
        """Return whether the namespace has an object of a SweepJob resource.

        Args:
            resource: ``sweepjobs`` or ``sweeptrials``.
            name: name of the object.
        """
        try:
            self.run("get", f"{resource}.{names.GROUP}", name, "-o", "name")
        except NotFound:
            return False
        return True

    def sweeps(self, *, all_namespaces: bool = False) -> list[Mapping[str, Any]]:
        """Return the SweepJobs of the namespace, or of all namespaces."""
        scope = ["--all-namespaces"] if all_namespaces else []
        return list(self.get(_SWEEPS, *scope)["items"])

    def sweep(self, name: str) -> Mapping[str, Any]:
        """Return a SweepJob.

        Raises:
            NotFound: it does not exist; the message says where it may be.
        """
        return self._get_named(_SWEEPS, name)

    def trial(self, name: str) -> Mapping[str, Any]:
        """Return a SweepTrial.

        Raises:
            NotFound: it does not exist; the message says where it may be.
        """
        return self._get_named(_TRIALS, name)

    def _get_named(self, resource: str, name: str) -> Mapping[str, Any]:
        try:
            return self.get(resource, name)
        except NotFound as error:
            hint = self._location_hint(name) or self._similar_name(resource, name)
            raise NotFound(
                f"{error} in namespace {self.namespace()}{hint}{local_hint(name)}"
            ) from None

    def _similar_name(self, resource: str, name: str) -> str:
        """Return the name that was probably meant; empty if there is none like it."""
        with contextlib.suppress(CommandError):
            return did_you_mean(name, self.names(resource.partition(".")[0]))
        return ""

    def _location_hint(self, name: str) -> str:
        """Return where an object of this name exists; empty if that is unknown."""
        for resource, kind in ((_SWEEPS, "sweep"), (_TRIALS, "trial")):
            with contextlib.suppress(CommandError):
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
        except CommandError:
            return True  # no permission to check
        return True

    def empty_message(self) -> str:
        """Return the message for a namespace without sweeps."""
        if not self._namespace_exists():
            return f"namespace {self.namespace()} does not exist; choose one with -n"
        return (
            f"no sweeps found in namespace {self.namespace()}; -A shows all namespaces, and "
            "kubectl apply -f SWEEP.yaml creates one"
        )

    def trials(self, sweep: str) -> list[Mapping[str, Any]]:
        """Return the SweepTrials of a sweep."""
        return list(self.get(_TRIALS, "-l", f"{names.LABEL_SWEEP}={sweep}")["items"])

    def sweep_and_trials(self, name: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
        """Return a SweepJob and its SweepTrials, read at the same time.

        Raises:
            NotFound: it does not exist; the message says where it may be.
        """
        trials = self._start("get", _TRIALS, "-l", f"{names.LABEL_SWEEP}={name}", "-o", "json")
        try:
            sweep = self.sweep(name)
            listed = json.loads(_output_of(trials))
        finally:
            trials.kill()
            trials.wait()
        return sweep, list(listed["items"])

    def _start(self, *arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(self.command(*arguments), stdout=pipe, stderr=pipe, text=True)
        except FileNotFoundError:
            raise CommandError(NO_KUBECTL) from None

    def warm_started_by(self, sweep: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the SweepTrials of the sources of a sweep's warm start."""
        from ..read_model.trial_view import trials_of_source  # slow to import

        sources = (sweep.get("status") or {}).get("warmStart") or ()
        return [t for s in sources for t in trials_of_source(s, self.trials(s["sweep"]))]

    def pods(self, trial: str) -> list[Mapping[str, Any]]:
        """Return the pods of a trial."""
        return list(self.get("pods", "-l", f"{names.LABEL_TRIAL}={trial}")["items"])

    def pods_of_sweep(self, sweep: str) -> list[Mapping[str, Any]]:
        """Return the pods of all trials of a sweep."""
        return list(self.get("pods", "-l", f"{names.LABEL_SWEEP}={sweep}")["items"])

    def patch_sweep(self, name: str, spec: Mapping[str, Any]) -> None:
        """Merge changes into the spec of a SweepJob."""
        self.run("patch", _SWEEPS, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def patch_trial(self, name: str, spec: Mapping[str, Any]) -> None:
        """Merge changes into the spec of a SweepTrial; None removes a key."""
        self.run("patch", _TRIALS, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Raises:
            CommandError: kubectl failed, such as for lack of a permission.
        """
        patch = json.dumps({"metadata": change.metadata()})
        try:
            self.run("patch", _TRIALS, trial, "--type=merge", "-p", patch)
        except Forbidden as error:
            raise Forbidden(
                f"you may read {trial}, but not change it: tags and notes need the permission to patch "
                f"{_TRIALS}, which the role edit has. The API server says: {error}"
            ) from None

    def delete_trial(self, name: str) -> None:
        """Delete a SweepTrial."""
        self.run("delete", _TRIALS, name)

    def delete_jobs(self, trial: str) -> None:
        """Delete the Jobs of a trial without waiting."""
        self.run("delete", "jobs", "-l", f"{names.LABEL_TRIAL}={trial}", "--wait=false")

    def watch_sweep(self, name: str) -> subprocess.Popen[str]:
        """Start a process that prints an event, on one line, at each change of a SweepJob."""
        return self._watch(_SWEEPS, name)

    def watch_trials(self, sweep: str) -> subprocess.Popen[str]:
        """Start a process that prints an event, on one line, at each change of a sweep's trials."""
        return self._watch(_TRIALS, "-l", f"{names.LABEL_SWEEP}={sweep}")

    def _watch(self, *what: str) -> subprocess.Popen[str]:
        command = self.command("get", *what, "--watch-only", "--output-watch-events", "-o", "json")
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True)


def _output_of(process: subprocess.Popen[str]) -> str:
    """Return the standard output of a kubectl that was started.

    Raises:
        CommandError: kubectl failed.
    """
    out, err = process.communicate()
    if process.returncode:
        raise parse_error(err)
    return out
