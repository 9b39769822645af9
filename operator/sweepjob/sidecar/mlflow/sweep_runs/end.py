"""Completes the runs of a sweep that has ended, whatever its sidecars could not.

Everything is read from the server and written so that it can be repeated: a kill in between costs
nothing but another try.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ....protocol.tracked_sweep import SweepEnd
from ..run_store import PARENT
from . import tags
from .client import ENDED, RemoteRun, TrackingClient
from .parent import SweepParent
from .trial import move_below

_STATUS = {"Succeeded": "FINISHED", "EarlyStopped": "KILLED", "Canceled": "KILLED"}
_LONGEST = 500  # characters of a list of trials in a tag


def complete_sweep(client: TrackingClient, end: SweepEnd) -> str:
    """Complete the parent run and the runs of the trials; return what was done, for the log.

    Args:
        client: calls the user's server.
        end: how the sweep ended.

    Raises:
        OSError, HTTPException: no answer, or an error.
    """
    every = list(client.find(list(client.experiments()), {tags.SWEEP_UID: end.sweep.uid}))
    kept: dict[str, RemoteRun] = {}
    parents = []
    for experiment in sorted({run.experiment for run in every if run.tags.get(tags.ROLE)}):
        parent = SweepParent(client, end.sweep).ensure(experiment)
        parents.append(parent)
        kept |= _nest(client, [run for run in every if run.experiment == experiment], parent.id)
    phases, front = end.trial_phases(), set(end.front_trials())
    for name, run in kept.items():
        marks = {tags.BEST: name == end.best, tags.FRONT: name in front}
        given = {key: "true" for key, holds in marks.items() if holds}
        given |= tags.of_people(end.trial_tags.get(name, {}))
        _complete_trial(client, run, phases.get(name, ""), given)
    _end_others(client, every, kept, phases)
    without = [name for name in phases if name not in kept]
    for parent in parents:
        _complete_parent(client, parent, end, kept.get(end.best), without)
    if not parents:
        return "no trial has created a run on the tracking server"
    left_out = f", tags of {end.untagged} trials left out" if end.untagged else ""
    return f"{len(kept)} trials, {len(without)} without a run, {end.status}{left_out}"


def _nest(client: TrackingClient, runs: Iterable[RemoteRun], parent: str) -> dict[str, RemoteRun]:
    """Keep the newest run of each trial below the parent, and move the others below it."""
    by_trial = defaultdict(list)
    for run in runs:
        if run.tags.get(tags.ROLE) == tags.ROLE_TRIAL:
            by_trial[run.tags.get(tags.TRIAL, "")].append(run)
    kept = {}
    for name, found in by_trial.items():
        *earlier, newest = sorted(found, key=lambda run: run.attempt)
        kept[name] = newest
        if newest.tags.get(PARENT) != parent:
            client.set_tags(newest.id, tags.nested_below(parent))
        for run in earlier:
            move_below(client, run, newest.id)
    return kept


def _end_others(
    client: TrackingClient,
    runs: Iterable[RemoteRun],
    kept: Mapping[str, RemoteRun],
    phases: Mapping[str, str],
) -> None:
    """End the other runs of the scripts, which go on on the server where a script was killed."""
    for run in runs:
        role, trial = run.tags.get(tags.ROLE), run.tags.get(tags.TRIAL, "")
        if run.status in ENDED or role in (tags.ROLE_SWEEP, tags.ROLE_TRIAL):
            continue
        newest = kept.get(trial)
        # One without a role is nested by the script itself.
        is_current = role is None or (newest is not None and run.tags.get(PARENT) == newest.id)
        phase = phases.get(trial, "") if is_current and role != tags.ROLE_EARLIER else ""
        client.end_run(run.id, _STATUS.get(phase, "FAILED"))


def _complete_trial(
    client: TrackingClient, run: RemoteRun, phase: str, given: Mapping[str, str]
) -> None:
    """Write params, tags, phase and status of a trial's run, as far as they are missing."""
    wanted = {tags.PHASE: phase, **given}
    new = {key: value for key, value in wanted.items() if value and run.tags.get(key) != value}
    client.set_tags(run.id, new)
    client.add_params(run, _parameters(run))
    if run.status not in ENDED:
        client.end_run(run.id, _STATUS.get(phase, "FAILED"))


def _parameters(run: RemoteRun) -> dict[str, str]:
    found: Any = json.loads(run.tags.get(tags.PARAMETERS, "{}"))
    return {str(key): str(value) for key, value in found.items()}


def _complete_parent(
    client: TrackingClient,
    parent: RemoteRun,
    end: SweepEnd,
    best: RemoteRun | None,
    without: list[str],
) -> None:
    """Write the best trial, or the Pareto front, and the status of the sweep."""
    found = {tags.REASON: end.reason, tags.WITHOUT_RUN: ", ".join(without)[:_LONGEST]}
    if end.best:
        found |= {
            tags.BEST_TRIAL: end.best,
            tags.BEST_VALUE: end.value,
            tags.BEST_RUN: "" if best is None else best.id,
        }
        found |= {f"{tags.BEST}/{name}": text for name, text in end.best_parameters.items()}
    if end.front:
        shown = ", ".join(end.front_trials())
        found |= {tags.FRONT_SIZE: str(end.front_size), tags.FRONT_TRIALS: _shortened(shown)}
    client.set_tags(parent.id, {key: value for key, value in found.items() if value})
    if parent.status != end.status:
        client.end_run(parent.id, end.status)


def _shortened(listed: str) -> str:
    """Return a list of names as a tag may have it, without a name that is cut off."""
    if len(listed) <= _LONGEST:
        return listed
    return listed[: listed.rindex(", ", 0, _LONGEST - 3)] + ", ..."
