"""``sweepjob suspend``, ``pause``, ``resume``, ``stop`` and ``retry``: change a sweep or a trial."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from ..api.phases import TrialPhase
from ..api.sweeptrial.annotations import format_tags
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.table import print_message, print_output
from .arguments import SWEEP, add_sweep, add_sweep_or_trial, add_trial, resolve_kind
from .errors import CommandError
from .folder_lifecycle import refuse_folder
from .kubectl import Kubectl

# GitOps tools that revert changes, by the label or annotation of their objects.
_GITOPS_TOOLS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_RESULTS = {
    "suspend": "suspended: running trials continue, no new trial starts",
    "resume": "resumed",
    "stop": "stopped: its trials are canceled, its results remain",
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    _command(
        commands,
        "suspend",
        add_sweep,
        _suspend,
        "start no new trials; running trials continue",
    )
    _command(
        commands,
        "pause",
        add_trial,
        _pause,
        "pause a trial; it holds no GPU until it is resumed, and goes on from its checkpoint",
    )
    _command(
        commands,
        "resume",
        add_sweep_or_trial,
        _resume,
        "resume a suspended sweep, or a paused trial; write sweepjob/NAME or sweeptrial/NAME if both "
        "exist",
    )
    _command(
        commands,
        "stop",
        add_sweep_or_trial,
        _stop,
        "stop a sweep, or cancel one trial; write sweepjob/NAME or sweeptrial/NAME if both exist",
    )
    _command(
        commands,
        "retry",
        add_trial,
        _retry,
        "retry a failed or canceled trial; the sweep must be running, and the trial keeps its index",
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    add_name: Callable[[argparse.ArgumentParser], None],
    act: Callable[[Kubectl, str], int],
    text: str,
) -> None:
    sentence = f"{text[0].upper()}{text[1:]}."
    parser = commands.add_parser(name, help=text.split(";")[0], description=sentence)
    add_name(parser)

    def run(args: argparse.Namespace) -> int:
        refuse_folder(args, name)
        return act(Kubectl.of(args), args.name)

    parser.set_defaults(run=run)


def _suspend(cluster: Kubectl, name: str) -> int:
    return _set(cluster, name, "suspend", {"suspend": True})


def _resume(cluster: Kubectl, name: str) -> int:
    kind, plain = resolve_kind(cluster, name)
    if kind == SWEEP:
        return _set(cluster, plain, "resume", {"suspend": False})
    return _resume_trial(cluster, plain)


def _pause(cluster: Kubectl, name: str) -> int:
    trial, sweep = _trial_to_change(cluster, name.removeprefix("sweeptrial/"), "pause")
    if "checkpoint" not in sweep["spec"]["trial"]:
        raise CommandError(
            f"{trial.name} cannot be paused: its sweep {trial.record.sweep} has no trial.checkpoint, so "
            "that it could not go on later. To start no new trials, suspend the sweep"
        )
    cluster.patch_trial(trial.name, {"paused": True})
    print_output(f"sweeptrial/{trial.name} is paused: it holds no GPU until it is resumed")
    return 0


def _resume_trial(cluster: Kubectl, name: str) -> int:
    trial, _ = _trial_to_change(cluster, name, "resume")
    pause, wanted = trial.record.pause, trial.record.desired.paused
    by_policy = pause is not None and bool(pause.policy)
    if pause is None and not wanted:
        raise CommandError(f"{name} is {trial.phase}, not paused; there is nothing to resume")
    # Of one that a person had paused, the policy decides again.
    cluster.patch_trial(name, {"paused": False if by_policy else None})
    later = f"; {pause.policy} does not pause it again" if pause is not None and by_policy else ""
    print_output(f"sweeptrial/{name} continues when a slot is free{later}")
    return 0


def _trial_to_change(cluster: Kubectl, name: str, verb: str) -> tuple[TrialView, Mapping[str, Any]]:
    """Return a trial that has not ended, and its sweep.

    Raises:
        CommandError: the trial has ended.
    """
    body = cluster.trial(name)
    sweep = cluster.sweep(body["spec"]["sweep"])
    trial = TrialView.of(body, SweepView.of(sweep).goal)
    if trial.record.phase.is_end:
        raise CommandError(f"{name} has ended ({trial.phase}); there is nothing to {verb}")
    return trial, sweep


def _stop(cluster: Kubectl, name: str) -> int:
    kind, plain = resolve_kind(cluster, name)
    if kind == SWEEP:
        return _set(cluster, plain, "stop", {"stop": True})
    return _cancel(cluster, plain)


def _set(cluster: Kubectl, name: str, verb: str, change: Mapping[str, bool]) -> int:
    body = cluster.sweep(name)
    sweep = SweepView.of(body)
    if sweep.has_ended:
        raise CommandError(f"{name} has ended ({sweep.phase}); there is nothing to {verb}")
    cluster.patch_sweep(name, change)
    print_output(f"sweepjob/{name} {_RESULTS[verb]}")
    _note_gitops_tool(body, change)
    return 0


def _note_gitops_tool(body: Mapping[str, Any], change: Mapping[str, bool]) -> None:
    meta = body["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    tool = next((tool for mark, tool in _GITOPS_TOOLS.items() if mark in marks), None)
    if tool is not None:
        ((key, value),) = change.items()
        print_message(
            f"note: {tool} keeps this sweep as it is in Git and may undo that; set "
            f"spec.{key}: {str(value).lower()} there"
        )


def _cancel(cluster: Kubectl, name: str) -> int:
    trial = _trial(cluster, name)
    if trial.record.phase.is_end:
        raise CommandError(f"{name} has ended ({trial.phase}); there is nothing to stop")
    if trial.record.phase is TrialPhase.PAUSED:  # it has no Job
        cluster.patch_trial(name, {"stop": True})
        print_output(f"sweeptrial/{name} is canceled")
        return 0
    cluster.delete_jobs(name)
    print_output(f"sweeptrial/{name} is canceled: its Job is deleted")
    return 0


def _retry(cluster: Kubectl, name: str) -> int:
    trial = _trial(cluster, name.removeprefix("sweeptrial/"))
    sweep = SweepView.of(cluster.sweep(trial.record.sweep))
    if trial.record.phase not in (TrialPhase.FAILED, TrialPhase.CANCELED):
        raise CommandError(
            f"{trial.name} is {trial.phase}; only failed and canceled trials are retried"
        )
    if sweep.has_ended:
        raise CommandError(
            f"{sweep.name} has ended ({sweep.phase}), and a finished sweep cannot resume. To "
            "continue it, raise spec.limits.maxTotalTrials; failed attempts are repeated by "
            "spec.trial.maxRetries"
        )
    cluster.delete_trial(trial.name)
    if trial.tags or trial.note:
        kept = " ".join(filter(None, (format_tags(trial.tags), trial.note)))
        print_message(f"note: its tags and its note were deleted with its record: {kept}")
    print_output(f"sweeptrial/{trial.name} will be tried again when a slot is free")
    return 0


def _trial(cluster: Kubectl, name: str) -> TrialView:
    body = cluster.trial(name)
    sweep = SweepView.of(cluster.sweep(body["spec"]["sweep"]))
    return TrialView.of(body, sweep.goal)
