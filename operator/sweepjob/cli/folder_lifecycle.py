"""Refuses lifecycle commands for sweeps and trials of this machine, and says what to do instead."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..local.unsupported import PAUSED_BY_POLICY_ONLY
from ..read_model.sweep_view import SweepView
from .errors import CommandError
from .folder_names import is_folder
from .sources import required_source

_CTRL_C = "Ctrl-C ends the command that runs the sweep; run.cancel() does in Python"
_OF_TRIALS = {
    "pause": PAUSED_BY_POLICY_ONLY,
    "resume": PAUSED_BY_POLICY_ONLY,
    "stop": f"trials of a sweep on this machine are not canceled one by one; {_CTRL_C}",
    "retry": "trials of a sweep on this machine are not tried again by hand; trial.maxRetries repeats "
    "failed attempts",
}
_OF_SWEEPS = {
    "suspend": "a sweep on this machine is not suspended; Ctrl-C ends the command that runs it, and "
    "sweepjob run --local with --resume continues it",
    "resume": "a sweep on this machine is not suspended; there is nothing to resume",
    "stop": f"this command stops sweeps of a cluster; {_CTRL_C}",
}


def refuse_folder(args: argparse.Namespace, verb: str) -> None:
    """Refuse a command about a folder of this machine; a name of the cluster's is not refused.

    Args:
        args: the command line.
        verb: name of the command.

    Raises:
        CommandError: it is about a folder; the message says what changes the sweep or the trial.
    """
    if not _is_on_this_machine(args.name):
        return
    source, name = required_source(args)
    found = [body for body in source.sweeps() if body["metadata"]["name"] == name]
    if not found:
        source.trial(name)  # raises if there is none
    about_sweep = _OF_SWEEPS.get(verb) if found or verb not in _OF_TRIALS else None
    sweep = SweepView.of(found[0]) if found and about_sweep else None
    reason = _why_not_running(sweep, verb) if sweep else ""
    raise CommandError(f"{args.name}: {reason or about_sweep or _OF_TRIALS[verb]}")


def _why_not_running(sweep: SweepView, verb: str) -> str:
    """Return why there is nothing to change; empty for a sweep that runs."""
    if sweep.has_ended:
        return f"has ended ({sweep.phase}); there is nothing to {verb}"
    interrupted = [text for text in sweep.alerts if text.startswith("Interrupted: ")]
    if interrupted and verb == "resume":
        return interrupted[0].partition(": ")[2]
    return f"was interrupted; there is nothing to {verb}" if interrupted else ""


def _is_on_this_machine(name: str) -> bool:
    """Return whether a name is a folder's. ``KIND/NAME`` is not, unless there is a folder KIND."""
    return is_folder(name) and (name.startswith((".", "/", "~")) or Path(name).parent.is_dir())
