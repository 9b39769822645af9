"""``sweepjob logs``: prints the log of a trial."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..api.sweeptrial.log_tail import LogTail, parse_log_tails
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.table import print_message, print_output
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.job_manifest import trainer_of
from ..trial_pods.pod_parsing import parse_pod
from .arguments import add_trial
from .errors import CommandError
from .kubectl import Kubectl
from .sources import SweepSource, required_source

_POLL = 0.3  # seconds between two looks at a file that grows


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "logs",
        help="print a trial's log",
        description="Print the log of the trainer in a trial's newest pod. The log is deleted with the "
        "pod, when the trial is stopped or its Job is deleted; its last lines, which are on record, are "
        "printed then.",
    )
    add_trial(parser)
    parser.add_argument(
        "-f", "--follow", action="store_true", help="stream the log until the pod ends"
    )
    parser.add_argument("--tail", type=int, metavar="N", help="print the last N lines only")
    parser.add_argument("--attempt", type=int, metavar="N", help="print the log of attempt N")
    parser.add_argument(
        "--rank",
        type=int,
        default=0,
        metavar="N",
        help="print the log of this rank of a trial of several pods; 0 by default",
    )
    parser.add_argument("-c", "--container", help="print the log of another container of the pod")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = required_source(args)
    body = source.trial(name)
    if not isinstance(source, Kubectl):
        return _print_file(source, body, args)
    pods = {pod["metadata"]["name"]: pod for pod in source.pods(name)}
    newest = _newest_pod(source, body, [parse_pod(pod) for pod in pods.values()], args)
    if newest is None:
        return _print_recorded(body, args)
    container = args.container or trainer_of(pods[newest.name]["spec"])["name"]
    flags = ["--follow"] if args.follow else []
    flags += [f"--tail={args.tail}"] if args.tail is not None else []
    return source.run_attached("logs", newest.name, "-c", container, *flags)


def _newest_pod(
    source: SweepSource,
    body: Mapping[str, Any],
    pods: Sequence[CachedPod],
    args: argparse.Namespace,
) -> CachedPod | None:
    """Return the newest pod of the wanted attempt and rank; None when it is gone.

    Raises:
        CommandError: the trial has no such rank, or only its pod of another rank is on record.
    """
    name, rank = body["metadata"]["name"], args.rank
    if rank:
        _check_rank(rank, name, source.sweep(body["spec"]["sweep"]))
    attempts = [pod for pod in pods if args.attempt in (None, pod.attempt)]
    own = [pod for pod in attempts if pod.view.rank == rank]
    if not own and rank:
        there = ", ".join(map(str, sorted({pod.view.rank for pod in attempts}))) or "none"
        raise CommandError(
            f"{name} has no pod of rank {rank} now; ranks with a pod: {there}. Only the last lines of "
            "rank 0 are on record; a log collector in the cluster keeps whole logs"
        )
    newest = max(own, key=lambda pod: (pod.attempt, pod.created), default=None)
    last = max((pod.attempt for pod in attempts), default=0)
    if newest is not None and newest.attempt < last:
        print_message(
            f"note: rank {rank} has no pod in attempt {last}; this is its log of attempt {newest.attempt}"
        )
    return newest


def _check_rank(rank: int, trial: str, sweep: Mapping[str, Any]) -> None:
    """Refuse a rank that no trial of the sweep has.

    Raises:
        CommandError: it is too large, or negative.
    """
    instances = sweep["spec"]["trial"].get("instanceCount", 1)
    if not 0 < rank < instances:
        ranks = "one pod, of rank 0" if instances == 1 else f"the ranks 0 to {instances - 1}"
        raise CommandError(f"{trial} has no rank {rank}: a trial of this sweep has {ranks}")


def _print_recorded(body: Mapping[str, Any], args: argparse.Namespace) -> int:
    """Print the last lines that are on record, for a trial whose pod is gone.

    Raises:
        CommandError: there are none.
    """
    name = body["metadata"]["name"]
    tails = parse_log_tails(body)
    if args.attempt is not None:
        tails = {n: tail for n, tail in tails.items() if n == args.attempt}
    if args.container or not tails:
        raise CommandError(
            f"the pod of {name} was deleted, and {_why_nothing(args)}; a log collector in the cluster "
            f"keeps whole logs. Why it ended: sweepjob explain {name}"
        )
    attempt, tail = [*tails.items()][-1]
    if tail.problem and not tail.text:
        raise CommandError(
            f"the pod of {name} was deleted before the log of attempt {attempt} could be read: "
            f"{tail.problem}"
        )
    print_message(
        f"note: pod {tail.pod} was deleted; these are the recorded last lines of attempt {attempt}"
    )
    _print_lines(tail, args.tail)
    return 0


def _why_nothing(args: argparse.Namespace) -> str:
    if args.container:
        return f"only the trainer's last lines are on record, not those of {args.container}"
    return "its log with it"


def _print_lines(tail: LogTail, count: int | None) -> None:
    lines = tail.text.splitlines()
    print_output(
        "\n".join(lines if count is None else lines[len(lines) - min(count, len(lines)) :])
    )


def _print_file(source: SweepSource, body: Mapping[str, Any], args: argparse.Namespace) -> int:
    """Print the log of a trial that ran on this machine."""
    from .folder_sweeps import FolderSweeps

    assert isinstance(source, FolderSweeps)
    name, sweep = body["metadata"]["name"], body["spec"]["sweep"]
    if args.container:
        raise CommandError(f"{name} ran on this machine, as one process; remove -c")
    newest = _newest_pod(source, body, [parse_pod(pod) for pod in source.pods(name)], args)
    file = None if newest is None else source.folder_of(sweep) / "logs" / f"{newest.name}.log"
    if file is None or not file.exists():
        return _print_recorded(body, args)
    position = _print_from(file, _start(file, args.tail))
    while args.follow and not _has_ended(source, name, sweep):
        time.sleep(_POLL)
        position = _print_from(file, position)
    _print_from(file, position)
    return 0


def _start(file: Path, lines: int | None) -> int:
    """Return the position of the last lines of a file; 0 for all of them."""
    if lines is None:
        return 0
    data = file.read_bytes()
    position = len(data) - data.endswith(b"\n")
    for _ in range(lines):
        position = data.rfind(b"\n", 0, max(0, position))
        if position < 0:
            return 0
    return position + 1 if lines else len(data)


def _print_from(file: Path, position: int) -> int:
    """Print what a file has from a position on, byte for byte; return the position of its end."""
    with file.open("rb") as log:
        log.seek(position)
        while chunk := log.read(1 << 16):
            sys.stdout.buffer.write(chunk)
            position += len(chunk)
    sys.stdout.flush()
    return position


def _has_ended(source: SweepSource, trial: str, sweep: str) -> bool:
    goal = SweepView.of(source.sweep(sweep)).goal
    return TrialView.of(source.trial(trial), goal).record.phase.is_end
