"""``sweepjob logs``: what a trial's script printed."""

from __future__ import annotations

import argparse

from ..loading.errors import Unusable
from ..trial_pods.job import trainer_of
from ..trial_pods.pod_records import parse_pod
from .arguments import add_trial
from .kubectl import Kubectl


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "logs",
        help="print a trial's log",
        description="The log of the trainer in a trial's newest pod. A pod goes with its log when its "
        "trial is stopped or its Job is deleted.",
    )
    add_trial(parser)
    parser.add_argument("-f", "--follow", action="store_true")
    parser.add_argument("--tail", type=int, metavar="N", help="the last N lines only")
    parser.add_argument("--attempt", type=int, metavar="N", help="of an earlier attempt")
    parser.add_argument("-c", "--container", help="another container of the pod")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cluster = Kubectl.of(args)
    cluster.trial(args.name)  # says so when there is none
    pods = {pod["metadata"]["name"]: pod for pod in cluster.pods(args.name)}
    seen = [parse_pod(pod) for pod in pods.values()]
    wanted = [pod for pod in seen if args.attempt in (None, pod.attempt)]
    if not wanted:
        raise Unusable(
            f"{args.name} has no pod any more, and its log went with it; a log collector in the cluster "
            "keeps logs. Why it ended: sweepjob explain"
        )
    newest = max(wanted, key=lambda pod: (pod.attempt, pod.created))
    container = args.container or trainer_of(pods[newest.name]["spec"])["name"]
    flags = ["--follow"] if args.follow else []
    flags += [f"--tail={args.tail}"] if args.tail is not None else []
    return cluster.through("logs", newest.name, "-c", container, *flags)
