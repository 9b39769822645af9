"""Prints the result of a sweep that ran on this machine: trials and causes of failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ..api.messages.no_result import summary_of
from ..api.phases import TrialPhase
from ..read_model.ranking import ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.output_formats import print_rows
from ..render.table import print_output
from . import trials

_MAX_CAUSES = 3  # causes of failures that are printed


def print_result(
    sweep: Mapping[str, Any], records: Iterable[Mapping[str, Any]], logs: Path
) -> None:
    """Print the result.

    Args:
        sweep: the SweepJob object.
        records: its SweepTrial objects.
        logs: folder of the trials' logs.
    """
    view = SweepView.of(sweep)
    trials_found = trial_views(list(records), view.goal)
    best_first = ranked(trials_found, view.criteria)
    columns = [name for name in trials.COLUMNS if name != "gpuSeconds"]
    print_output()
    rows = trials.trial_table(view, trials_found, best_first)
    print_rows(rows, "table", "sweeptrial", columns)
    for line in _failures(best_first, logs):
        print_output(f"\n{line}")


def _failures(ranked: Sequence[TrialView], logs: Path) -> Iterator[str]:
    """Yield the causes of failed trials, with the log of the first trial of each."""
    by_cause: dict[str, list[str]] = {}
    for trial in sorted(ranked, key=lambda t: t.index):
        if trial.record.phase is TrialPhase.FAILED:
            by_cause.setdefault(summary_of(trial.record.message), []).append(trial.name)
    for cause, failed in islice(by_cause.items(), _MAX_CAUSES):
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        attempts = sorted(logs.glob(f"{failed[0]}-*.log"), key=lambda path: path.stat().st_mtime)
        log = f"\n  log: {attempts[-1]}" if attempts else ""
        yield f"{failed[0]}{more} failed: {cause}{log}"
    if len(by_cause) > _MAX_CAUSES:
        yield f"Trials failed for {len(by_cause) - _MAX_CAUSES} more reasons."
