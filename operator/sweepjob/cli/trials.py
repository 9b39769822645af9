"""``sweepjob trials``: lists the trials of a sweep."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

from ..api.sweeptrial.annotations import TagFilter, format_tags
from ..read_model.ranking import front_trials, ranked
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.output_formats import add_output, print_rows
from ..render.table import print_message
from ..render.trial_rows import Row, criteria_columns, trial_row
from .arguments import add_sweep, whole_number
from .errors import CommandError
from .sources import required_source

COLUMNS = (
    "name",
    "phase",
    "best",
    "last",
    "front",
    "feasible",
    "results",
    "reports",
    "seconds",
    "gpuSeconds",
    "reason",
    "tags",
    "parameters",
)
_MOST_LISTED = 10
_ORDERS: dict[str, Callable[[Sequence[TrialView]], list[TrialView]]] = {
    "index": lambda trials: sorted(trials, key=lambda t: t.index),
    "reports": lambda trials: sorted(trials, key=lambda t: (-t.curve.count, t.index)),
    "gpu": lambda trials: sorted(trials, key=lambda t: (-t.gpu_seconds_used, t.index)),
}


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "trials", help="list a sweep's trials", description="List the trials of a sweep."
    )
    add_sweep(parser)
    parser.add_argument(
        "--sort", choices=("best", *_ORDERS), default="best", help="order (default: best first)"
    )
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="KEY[=VALUE]",
        help="list the trials with this tag only; may be repeated",
    )
    parser.add_argument(
        "--top", type=whole_number(1), metavar="N", help="list the first N trials only"
    )
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, trials = read_trials(args)
    order = _ORDERS.get(args.sort)
    ordered = ranked(trials, sweep.criteria) if order is None else order(trials)
    tagged = with_tags(ordered, args.tag)
    chosen = tagged[: args.top]
    if not tagged and trials:
        print_message(no_such_tag(sweep, trials, args.tag))
    elif not chosen and args.output == "table":
        print_message(f"{sweep.name} has no trials yet")
    if not chosen and args.output == "table":
        return 0
    rows = trial_table(sweep, trials, chosen)
    if args.output in ("json", "yaml"):  # which have the values themselves, as best and export
        rows = [
            {
                **row,
                "parameters": trial.record.parameters,
                "tags": dict(trial.tags),
                "note": trial.note,
            }
            for row, trial in zip(rows, chosen, strict=True)
        ]
    print_rows(rows, args.output, "sweeptrial", COLUMNS, wide=args.wide)
    return 0


def with_tags(trials: Sequence[TrialView], wanted: Sequence[str]) -> list[TrialView]:
    """Return the trials that have all tags.

    Args:
        trials: the trials.
        wanted: ``KEY`` or ``KEY=VALUE`` of each tag.

    Raises:
        CommandError: no trial can have such a tag.
    """
    try:
        filters = [TagFilter.parse(text) for text in wanted]
    except ValueError as error:
        raise CommandError(f"--tag: {error}") from None
    return [trial for trial in trials if all(each.matches(trial.tags) for each in filters)]


def no_such_tag(sweep: SweepView, trials: Sequence[TrialView], wanted: Sequence[str]) -> str:
    """Return the message where no trial has the wanted tags: it has the tags that there are."""
    known = dict.fromkeys(
        format_tags({key: value}) for trial in trials for key, value in trial.tags.items()
    )
    listed = ", ".join([*known][:_MOST_LISTED]) or "none; sweepjob tag TRIAL KEY=VALUE adds one"
    return f"no trial of {sweep.name} has the tag {' and '.join(wanted)}; there are: {listed}"


def trial_table(
    sweep: SweepView, trials: Sequence[TrialView], chosen: Sequence[TrialView]
) -> list[Row]:
    """Return a row for each of some trials.

    Args:
        sweep: their sweep.
        trials: all trials of the sweep.
        chosen: the trials to list.
    """
    criteria, now = sweep.criteria, time.time()
    several, tagged = criteria.has_several_objectives, any(trial.tags for trial in chosen)
    front = {t.index for t in front_trials(trials, criteria)} if several else set()
    rows = []
    for trial in chosen:
        row = trial_row(trial, now)
        parameters = row.pop("parameters")
        if not criteria.is_plain:
            row = {key: row[key] for key in row if key not in ("best", "last")}
        columns = criteria_columns(trial, criteria, front)
        if tagged:
            columns["tags"] = format_tags(trial.tags)
        rows.append({**row, **columns, "parameters": parameters})
    return rows


def read_trials(args: argparse.Namespace) -> tuple[SweepView, list[TrialView]]:
    """Return the sweep of a command line and its trials, and warn of unreadable ones."""
    source, name = required_source(args)
    sweep = SweepView.of(source.sweep(name))
    trials = trial_views(source.trials(name), sweep.goal)
    for trial in trials:
        if trial.unreadable:
            print_message(f"warning: {trial.name}: {trial.unreadable}")
    return sweep, trials
