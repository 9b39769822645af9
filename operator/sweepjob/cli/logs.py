"""``sweepjob logs``: prints the log of a trial."""

from __future__ import annotations

import argparse

from ..loading.errors import CommandError
from ..trial_pods.job_manifest import trainer_of
from ..trial_pods.pod_parsing import parse_pod
from .arguments import add_trial
from .kubectl import Kubectl


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "logs",
        help="print a trial's log",
        description="Print the log of the trainer in a trial's newest pod. The log is deleted with the "
        "pod, when the trial is stopped or its Job is deleted.",
    )
    add_trial(parser)
    parser.add_argument(
        "-f", "--follow", action="store_true", help="stream the log until the pod ends"
    )
    parser.add_argument("--tail", type=int, metavar="N", help="print the last N lines only")
    parser.add_argument("--attempt", type=int, metavar="N", help="print the log of attempt N")
    parser.add_argument("-c", "--container", help="print the log of another container of the pod")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    cluster = Kubectl.of(args)
    cluster.trial(args.name)  # raises if it does not exist
    pods = {pod["metadata"]["name"]: pod for pod in cluster.pods(args.name)}
    parsed = [parse_pod(pod) for pod in pods.values()]
    matching = [pod for pod in parsed if args.attempt in (None, pod.attempt)]
    if not matching:
        raise CommandError(
            f"{args.name} has no pod any more, and its log went with it; a log collector in the "
            "cluster keeps logs. Why it ended: sweepjob explain"
        )
    newest = max(matching, key=lambda pod: (pod.attempt, pod.created))
    container = args.container or trainer_of(pods[newest.name]["spec"])["name"]
    flags = ["--follow"] if args.follow else []
    flags += [f"--tail={args.tail}"] if args.tail is not None else []
    return cluster.run_attached("logs", newest.name, "-c", container, *flags)
