"""``sweepjob replay``: applies early termination policies to recorded learning curves."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..api.parsing.reader import Reader
from ..api.spec.checkpoint import with_policy
from ..api.spec.sweep_spec import SweepSpec
from ..early_stopping.policies.registry import POLICIES
from ..early_stopping.policy import REPORTS, Decision, Policy, unit_of
from ..early_stopping.replay import Outcome, RecordedTrial, Replay, replay
from ..loading.recorded_curves import read_curves
from ..loading.sweep_files import LoadedSweep, read_sweep
from ..loading.yaml_text import InvalidYamlError, load_documents
from ..render.escaping import escape_json
from ..render.output_formats import add_output
from ..render.table import format_table, print_message, print_output
from ..render.trial_rows import stop_row
from .errors import CommandError
from .replay_limits import JudgedLimit, judge_limits, some_without_seconds


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "replay",
        help="apply an early termination policy to recorded curves",
        description="Apply a sweep's early termination policy to recorded learning curves. The file "
        'has a line for each trial: {"trial": 0, "values": [0.1, 0.5], "seconds": [60, 60]}; seconds '
        "has the duration of each report, 1 by default. Trials start in the order of the file, with "
        "the sweep's maxConcurrentTrials. For the limits target, noImprovementTrials, maxGpuHours and "
        "maxCost it says when each would have ended the sweep, and what it would have saved.",
    )
    parser.add_argument(
        "-f", "--file", required=True, metavar="SWEEP.yaml", help="sweep file; - for standard input"
    )
    parser.add_argument(
        "curves", metavar="CURVES.jsonl", help="recorded curves; - for standard input"
    )
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="OTHER",
        help="compare with another policy: a sweep file, or the policy itself, "
        "e.g. '{type: median_stopping, delayEvaluation: 5}'; repeatable",
    )
    add_output(parser, ("table", "json"))
    parser.add_argument(
        "--report", metavar="FILE", help="also write a report of the replays as one HTML file"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep = read_sweep(args.file)
    if not sweep.spec.criteria.is_plain:
        raise CommandError(
            "a table of curves has the values of one metric, so a replay knows neither other objectives "
            "nor which trials are feasible; use a sweep file with one objective and no constraints"
        )
    if sweep.spec.warm_start:
        print_message("note: the trials of warmStart are not compared: a replay has its own curves")
    trials = read_curves(args.curves)
    if why := some_without_seconds(trials):
        print_message(
            f"note: {why}: each of their reports counts as 1 second, so times and what is saved are not "
            "those of the sweep; give seconds in every line, or in none"
        )
    given = sweep.manifest["spec"].get("earlyTermination")
    policies: dict[str, tuple[Any, Policy]] = {_policy_name(given): (given, sweep.spec.policy)}
    for other in args.compare:
        document, policy, source = _read_policy(other, sweep.spec)
        name = _policy_name(document)
        if name in policies and source:
            name += f" of {source}"
        unique = name if name not in policies else f"{name} ({len(policies) + 1})"
        policies[unique] = (document, policy)
    _refuse_budgets(policies)
    replays = {name: _replay(sweep, trials, policy) for name, (_, policy) in policies.items()}
    limits = {name: judge_limits(sweep.spec, trials, found) for name, found in replays.items()}
    if args.report:
        given_by_name = {name: document for name, (document, _) in policies.items()}
        _write_report(sweep, trials, replays, given_by_name, args.report)
    if args.output == "json":
        print_output(escape_json(json.dumps(_json(replays, limits), ensure_ascii=False)))
    elif len(replays) == 1:
        ((name, result),) = replays.items()
        print_output(_table(trials, result, limits[name]))
    else:
        print_output(_side_by_side(trials, replays, limits))
    return 0


def _refuse_budgets(policies: Mapping[str, tuple[Any, Policy]]) -> None:
    """Refuse policies that run a trial again with a larger budget.

    Raises:
        CommandError: there is one.
    """
    for name, (_, policy) in policies.items():
        if unit_of(policy) != REPORTS:
            raise CommandError(
                f"{name}: a recorded curve does not say what the script reports with smaller "
                f"{unit_of(policy)}; to replay the policy on the reports of complete trials, remove "
                "budgetParameter, and use mode: stop or a sweep file with trial.checkpoint"
            )


def _replay(sweep: LoadedSweep, trials: list[RecordedTrial], policy: Policy) -> Replay:
    """Replay the curves.

    Raises:
        CommandError: the policy of a plug-in failed.
    """
    concurrent = sweep.spec.limits.max_concurrent_trials
    try:
        return replay(trials, policy, sweep.spec.objective.goal, concurrent)
    except Exception as error:
        distribution = POLICIES.distribution_of(policy.name)
        if not distribution:
            raise
        raise CommandError(f"policy {policy.name} of {distribution} failed: {error!r}") from error


def _write_report(
    sweep: LoadedSweep,
    trials: list[RecordedTrial],
    replays: Mapping[str, Replay],
    policies: Mapping[str, Any],
    file: str,
) -> None:
    from ..dashboard.document import build_document
    from ..dashboard.replayed_sweep import replayed_sweep
    from .report import write

    now = time.time()
    sheets = []
    for name, result in replays.items():
        body, bodies = replayed_sweep(sweep.manifest, name, policies[name], trials, result, now)
        sheets.append(build_document(body, bodies, now))
    write(sheets, file)


def _read_policy(text: str, spec: SweepSpec) -> tuple[Any, Policy, str]:
    """Return a policy as written and as parsed, and the sweep file that it is from.

    Args:
        text: the file, or the policy in YAML.
        spec: the spec that a policy in YAML is for; with its checkpoint.
    """
    if not text.lstrip().startswith("{") or Path(text).exists():
        sweep = read_sweep(text)
        return sweep.manifest["spec"].get("earlyTermination"), sweep.spec.policy, text
    try:
        (document,) = load_documents(text)
    except (InvalidYamlError, ValueError) as error:
        raise CommandError(f"--compare: {error}") from None
    reader = Reader(document, "earlyTermination")
    policy = with_policy(spec, reader).policy
    reader.finish()
    return document, policy, ""


def _policy_name(policy: Any) -> str:
    if policy is None:
        return "none"
    arguments = ", ".join(f"{key} {value}" for key, value in policy.items() if key != "type")
    return f"{policy['type']} ({arguments})" if arguments else str(policy["type"])


def _json(
    replays: Mapping[str, Replay], limits: Mapping[str, Sequence[JudgedLimit]]
) -> dict[str, Any]:
    dumped = {name: _replay_json(result, limits[name]) for name, result in replays.items()}
    if len(dumped) == 1:
        return next(iter(dumped.values()))
    return {"policies": [{"policy": name, **result} for name, result in dumped.items()]}


def _replay_json(result: Replay, limits: Sequence[JudgedLimit]) -> dict[str, Any]:
    trials = [
        {"trial": o.trial, "reports": o.reports, "stopped": _decision(o.stopped)}
        for o in result.outcomes
    ]
    found = {"trials": trials, "saved": result.saved, "bestLost": result.best_lost}
    return {**found, "limits": [limit.data() for limit in limits]}


def _decision(decision: Decision | None) -> dict[str, Any] | None:
    row = stop_row(decision)
    return None if decision is None or row is None else {**row, "message": decision.message}


def _table(trials: list[RecordedTrial], result: Replay, limits: Sequence[JudgedLimit]) -> str:
    rows = [
        [str(t.trial), f"{o.reports}/{len(t.values)}", o.stopped.message if o.stopped else ""]
        for t, o in zip(trials, result.outcomes, strict=True)
    ]
    table = format_table(["TRIAL", "REPORTS", "STOPPED"], rows)
    return "\n".join([table, "", _summary(result), *_limit_lines(result, limits)])


def _limit_lines(result: Replay, limits: Sequence[JudgedLimit]) -> Iterator[str]:
    yield from (f"  {limit.text(len(result.outcomes))}" for limit in limits)


def _side_by_side(
    trials: list[RecordedTrial],
    replays: Mapping[str, Replay],
    limits: Mapping[str, Sequence[JudgedLimit]],
) -> str:
    rows = [
        [
            str(t.trial),
            str(len(t.values)),
            *(_outcome_text(r.outcomes[n]) for r in replays.values()),
        ]
        for n, t in enumerate(trials)
    ]
    summaries = []
    for name, result in replays.items():
        summaries += [f"{name}: {_summary(result)}", *_limit_lines(result, limits[name])]
    return "\n".join([format_table(["TRIAL", "REPORTS", *replays], rows), "", *summaries])


def _outcome_text(outcome: Outcome) -> str:
    return f"stopped at {outcome.reports}" if outcome.stopped else "-"


def _summary(result: Replay) -> str:
    stopped = sum(outcome.stopped is not None for outcome in result.outcomes)
    best = "LOST" if result.best_lost else "kept"
    return (
        f"{stopped} of {len(result.outcomes)} trials stopped, "
        f"{math.floor(result.saved * 1000) / 10:g} % of the time saved, the best value is {best}"
    )
