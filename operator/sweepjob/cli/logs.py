"""``sweepjob logs``: prints the log of a trial."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..api.sweeptrial.log_tail import LogTail, parse_log_tails
from ..api.sweeptrial.serialization import parse_record
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView
from ..render.escaping import escape_controls
from ..render.table import print_message
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.pod_parsing import parse_pod
from .arguments import TRIAL, add_sweep_or_trial, whole_number
from .errors import CommandError
from .folder_logs import print_file
from .kubectl import Kubectl
from .log_lines import LineFilter
from .pod_logs import LogRequest, await_pod, print_pod_log
from .sources import SweepSource, required_source

# A stream that fails after this many seconds broke, and is opened again; before, kubectl's arguments
# are wrong or the pod is gone.
_BROKEN_AFTER = 5.0
_RESUMED = "10s"  # how far back a stream begins that is opened again


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "logs",
        help="print a trial's log",
        description="Print the log of the trainer in a trial's newest pod. The log is deleted with the "
        "pod, when the trial is stopped or its Job is deleted; its last lines, which are on record, are "
        "printed then. --download saves the logs of all attempts, also of all trials of a sweep.",
    )
    add_sweep_or_trial(parser)
    parser.add_argument(
        "--download",
        metavar="DIR",
        help="save the logs of all attempts of a trial, or of all trials of a sweep, to DIR/TRIAL",
    )
    parser.add_argument(
        "-f",
        "--follow",
        action="store_true",
        help="stream the log until the trial ends, over all of its attempts; waits for a pod to start",
    )
    parser.add_argument(
        "--tail", type=whole_number(-1), metavar="N", help="print the last N lines only; -1 for all"
    )
    parser.add_argument(
        "--grep",
        metavar="PATTERN",
        help="print lines that match a regular expression; exit code 1 if none does; (?i)PATTERN "
        "ignores case",
    )
    parser.add_argument("--since", metavar="DURATION", help="print newer lines only, such as 10m")
    parser.add_argument("--timestamps", action="store_true", help="print the time of each line")
    attempts = parser.add_mutually_exclusive_group()
    attempts.add_argument(
        "--attempt", type=whole_number(1), metavar="N", help="print the log of attempt N"
    )
    attempts.add_argument(
        "-p", "--previous", action="store_true", help="print the log of the attempt before"
    )
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
    if args.tail == -1:  # as in kubectl
        args.tail = None
    if args.download is not None:
        from .log_download import download

        return download(args)
    keep = LineFilter(args.grep)
    source, name = required_source(args)
    body = source.trial(name.removeprefix(f"{TRIAL}/"))
    if isinstance(source, Kubectl):
        code = _print_log(source, body, args, keep)
    else:
        code = _print_file(source, body, args, keep)
    if args.grep is not None and code == 0 and not keep.has_output:
        print_message(f"note: no line matches {args.grep}")
        return 1  # as grep does
    return code


def _print_log(
    source: Kubectl, body: Mapping[str, Any], args: argparse.Namespace, keep: LineFilter
) -> int:
    """Print the log of a trial on a cluster; one that is followed over its attempts."""
    name = body["metadata"]["name"]
    if args.previous:
        args.attempt = max(1, parse_record(body).last_attempt - 1)
    pods: dict[str, Mapping[str, Any]] = {}

    def newest() -> CachedPod | None:
        pods.clear()
        pods.update({pod["metadata"]["name"]: pod for pod in source.pods(name)})
        return _newest_pod(source, body, [parse_pod(pod) for pod in pods.values()], args)

    is_followed = args.follow and args.attempt is None
    pod = await_pod(source, name, newest) if is_followed else newest()
    if pod is None:
        return _print_recorded(source.trial(name), args, keep)
    while True:
        request = LogRequest(args.container, args.follow, _flags(args), keep)
        began = time.monotonic()
        code = print_pod_log(source, pods[pod.name], request)
        if code and is_followed and time.monotonic() - began > _BROKEN_AFTER:
            print_message("note: the stream of the log broke; lines may be missing or come twice")
            args.since, args.tail = _RESUMED, None
            continue
        following = None if code or not is_followed else await_pod(source, name, newest, pod.uid)
        if following is None:
            return code
        print_message(f"note: the log of attempt {following.attempt} follows")
        pod, args.tail, args.since = following, None, None


def _flags(args: argparse.Namespace) -> tuple[str, ...]:
    given = {"--tail": args.tail, "--since": args.since}
    flags = [f"{flag}={value}" for flag, value in given.items() if value is not None]
    return (*flags, *(["--timestamps"] if args.timestamps else []))


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
    if "manifest" in sweep["spec"]["trial"] and rank > 0:
        return  # its controller decides how many pods there are
    instances = sweep["spec"]["trial"].get("instanceCount", 1)
    if not 0 < rank < instances:
        ranks = "one pod, of rank 0" if instances == 1 else f"the ranks 0 to {instances - 1}"
        raise CommandError(f"{trial} has no rank {rank}: a trial of this sweep has {ranks}")


def _print_recorded(body: Mapping[str, Any], args: argparse.Namespace, keep: LineFilter) -> int:
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
    if tail.problem:
        print_message(f"note: the last ones may lack: {tail.problem}")
    if args.since or args.timestamps:
        print_message("note: they have no times; --since and --timestamps have no effect")
    _print_lines(tail, args.tail, keep)
    return 0


def _why_nothing(args: argparse.Namespace) -> str:
    if args.container:
        return f"only the trainer's last lines are on record, not those of {args.container}"
    return "its log with it"


def _print_lines(tail: LogTail, count: int | None, keep: LineFilter) -> None:
    lines = tail.text.splitlines()
    lines = lines if count is None else lines[len(lines) - min(count, len(lines)) :]
    text = escape_controls("".join(f"{line}\n" for line in lines))  # anybody may have written it
    keep.write(text.encode(errors="replace"))
    keep.finish()


def _print_file(
    source: SweepSource, body: Mapping[str, Any], args: argparse.Namespace, keep: LineFilter
) -> int:
    """Print the log of a trial that ran on this machine."""
    from .folder_sweeps import FolderSweeps

    assert isinstance(source, FolderSweeps)
    name, sweep = body["metadata"]["name"], body["spec"]["sweep"]
    if args.container:
        raise CommandError(f"{name} ran on this machine, as one process; remove -c")
    if args.since or args.timestamps:
        flag = "--since" if args.since else "--timestamps"
        raise CommandError(f"{name} ran on this machine, and its log has no times; remove {flag}")
    if args.previous:
        args.attempt = max(1, parse_record(body).last_attempt - 1)
    newest = _newest_pod(source, body, [parse_pod(pod) for pod in source.pods(name)], args)
    file = None if newest is None else source.folder_of(sweep) / "logs" / f"{newest.name}.log"
    if file is None or not file.exists():
        return _print_recorded(body, args, keep)
    has_ended = (lambda: _has_ended(source, name, sweep)) if args.follow else None
    print_file(file, args.tail, keep, has_ended)
    return 0


def _has_ended(source: SweepSource, trial: str, sweep: str) -> bool:
    goal = SweepView.of(source.sweep(sweep)).goal
    return TrialView.of(source.trial(trial), goal).record.phase.is_end
