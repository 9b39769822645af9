"""``sweepjob promote``: registers the best trial's model, or writes a Job that trains it again."""

from __future__ import annotations

import argparse
import json
import os

from ..loading.yaml_text import dump_yaml
from ..promotion.best_trial import BestTrial, best_trial
from ..promotion.errors import PromotionError
from ..promotion.model_registration import register_model
from ..promotion.retrain_job import retrain_job
from ..promotion.tracking_server import tracking_client
from ..read_model.trial_view import TrialView
from ..render.table import print_message, print_output
from .arguments import add_sweep
from .errors import CommandError
from .kubectl import Kubectl
from .kubectl_errors import AlreadyExists
from .sources import SweepSource, required_source


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "promote",
        help="register the best trial's model, or train it again",
        description="Register the model that the best trial logged in the MLflow registry, with "
        "tags that "
        "name the sweep and the trial. With --job, print a Job that trains again with the best "
        "parameters. "
        "Repeating the command changes nothing.",
    )
    add_sweep(parser)
    parser.add_argument(
        "--name", dest="model_name", help="registered model (default: the sweep's name)"
    )
    parser.add_argument("--model", default="", help="logged model, if the trial logged several")
    parser.add_argument("--alias", default="", help="alias of the version, such as champion")
    parser.add_argument(
        "--tracking-uri",
        default="",
        metavar="URL",
        help="address of the tracking server from here (default: MLFLOW_TRACKING_URI, else the sweep's)",
    )
    parser.add_argument(
        "--trial",
        default="",
        metavar="TRIAL",
        help="trial on the Pareto front, of a sweep with several objectives",
    )
    parser.add_argument("--job", action="store_true", help="print a Job that trains it again")
    parser.add_argument("--apply", action="store_true", help="with --job: create the Job")
    parser.add_argument(
        "--now", action="store_true", help="promote the best trial so far of a running sweep"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    if args.apply and not args.job:
        raise CommandError("--apply creates the Job of --job; give both")
    source, name = required_source(args)
    try:
        best = best_trial(
            source.sweep(name), now=args.now, trial=args.trial, trials=lambda: source.trials(name)
        )
        if best.warning:
            print_message(f"warning: {best.warning}")
        return _train_again(args, source, best) if args.job else _register(args, best)
    except PromotionError as error:
        raise CommandError(str(error)) from None


def _register(args: argparse.Namespace, best: BestTrial) -> int:
    client = tracking_client(best.spec, os.environ, args.tracking_uri)
    name = args.model_name or best.sweep.name
    version = register_model(client, best, name, model=args.model, alias=args.alias)
    verb = "registered" if version.is_new else "is registered already"
    print_output(
        f"{version.trial} ({best.metric} {best.value}) {verb}: "
        f"models:/{version.name}/{version.version}"
    )
    return 0


def _train_again(args: argparse.Namespace, source: SweepSource, best: BestTrial) -> int:
    trial = TrialView.of(source.trial(best.name), best.sweep.goal)
    job, notes = retrain_job(best, trial.record.parameters)
    for note in notes:
        print_message(f"note: {note}")
    if not args.apply:
        print_output(dump_yaml(job).rstrip(), is_data=True)
        return 0
    if not isinstance(source, Kubectl):
        raise CommandError(f"{args.name} is a folder; --apply needs a sweep on a cluster")
    name = job["metadata"]["name"]
    try:
        source.create(json.loads(json.dumps(job)))
        print_output(f"job/{name} created")
    except AlreadyExists:
        print_output(f"job/{name} exists already; to train once more: kubectl delete job {name}")
    return 0
