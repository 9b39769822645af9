"""``sweepjob suspend``, ``resume``, ``stop``, ``retry``: what a person may want of a sweep or a trial."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from ..api.phases import TrialPhase
from ..loading.errors import Unusable
from ..render.table import say, tell
from ..render.views import SweepView, TrialView
from .arguments import SWEEP, add_either, add_sweep, add_trial, kind_of
from .kubectl import Kubectl

# Who keeps an object as Git has it, by the mark that it leaves.
_KEEPERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_SAID = {
    "suspend": "suspended: running trials go on, no new one starts",
    "resume": "resumed",
    "stop": "stopped: its trials are ended, its best stays on record",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(
        commands,
        "suspend",
        add_sweep,
        _suspend,
        "start no new trials; running ones go on",
    )
    _command(commands, "resume", add_sweep, _resume, "go on with a suspended sweep")
    _command(
        commands,
        "stop",
        add_either,
        _stop,
        "end a sweep with what it has found, or cancel one trial; sweepjob/NAME and sweeptrial/NAME "
        "tell them apart",
    )
    _command(
        commands,
        "retry",
        add_trial,
        _retry,
        "try a failed or canceled trial again; under its index, with a new record, in a sweep that runs",
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    add_name: Callable[[argparse.ArgumentParser], None],
    act: Callable[[Kubectl, str], int],
    text: str,
) -> None:
    parser = commands.add_parser(name, help=text.split(";")[0], description=text)
    add_name(parser)
    parser.set_defaults(run=lambda args: act(Kubectl.of(args), args.name))


def _suspend(cluster: Kubectl, name: str) -> int:
    return _set(cluster, name, "suspend", {"suspend": True})


def _resume(cluster: Kubectl, name: str) -> int:
    return _set(cluster, name, "resume", {"suspend": False})


def _stop(cluster: Kubectl, name: str) -> int:
    kind, plain = kind_of(cluster, name)
    if kind == SWEEP:
        return _set(cluster, plain, "stop", {"stop": True})
    return _cancel(cluster, plain)


def _set(cluster: Kubectl, name: str, verb: str, change: Mapping[str, bool]) -> int:
    body = cluster.sweep(name)
    sweep = SweepView.of(body)
    if sweep.is_over:
        raise Unusable(f"{name} has ended ({sweep.phase}); there is nothing to {verb}")
    cluster.patch_sweep(name, change)
    say(f"sweepjob/{name} {_SAID[verb]}")
    _warn_of_keeper(body, change)
    return 0


def _warn_of_keeper(body: Mapping[str, Any], change: Mapping[str, bool]) -> None:
    meta = body["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    keeper = next((who for mark, who in _KEEPERS.items() if mark in marks), None)
    if keeper is not None:
        ((key, value),) = change.items()
        tell(
            f"note: {keeper} keeps this sweep as Git has it, and may undo that; write "
            f"spec.{key}: {str(value).lower()} there"
        )


def _cancel(cluster: Kubectl, name: str) -> int:
    trial = _trial(cluster, name)
    if trial.record.phase.is_end:
        raise Unusable(f"{name} has ended ({trial.phase}); there is nothing to stop")
    cluster.delete_jobs(name)
    say(f"sweeptrial/{name} is canceled: its Job is deleted")
    return 0


def _retry(cluster: Kubectl, name: str) -> int:
    trial = _trial(cluster, name.removeprefix("sweeptrial/"))
    sweep = SweepView.of(cluster.sweep(trial.record.sweep))
    if trial.record.phase not in (TrialPhase.FAILED, TrialPhase.CANCELED):
        raise Unusable(
            f"{trial.name} is {trial.phase}; only failed and canceled trials are retried"
        )
    if sweep.is_over:
        raise Unusable(
            f"{sweep.name} has ended ({sweep.phase}), and a finished sweep stays finished. To go on with "
            "it, raise spec.limits.maxTotalTrials; failed attempts are repeated by spec.trial.maxRetries"
        )
    cluster.delete_trial(trial.name)
    say(f"sweeptrial/{trial.name} will be tried again when a slot is free")
    return 0


def _trial(cluster: Kubectl, name: str) -> TrialView:
    body = cluster.trial(name)
    sweep = SweepView.of(cluster.sweep(body["spec"]["sweep"]))
    return TrialView.of(body, sweep.goal)
