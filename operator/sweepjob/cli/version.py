"""``sweepjob version``: the versions of the client and of the operators, and whether they differ."""

from __future__ import annotations

import argparse
import json

from ..render.table import print_message, print_output
from ..version import __version__
from .errors import CommandError
from .kubectl import Kubectl, add_cluster_flags
from .operator_versions import UNKNOWN, InstalledOperator, installed_operators, skew


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "version",
        help="print the versions of the client and of the operator",
        description="Print the version of this client and of each operator on the cluster, and warn if "
        "they differ. Exit code 2 if the operator's version cannot be read.",
    )
    parser.add_argument("--client", action="store_true", help="do not ask the cluster")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="format")
    add_cluster_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    if args.client:
        _print(args.output, None)
        return 0
    try:
        found = installed_operators(Kubectl.of(args))
    except CommandError as error:
        _print(args.output, None)
        remedy = "--client prints the version of the client alone"
        raise CommandError(f"the operator's version cannot be read: {error}; {remedy}") from None
    _print(args.output, found)
    for operator in found:
        if operator.version == UNKNOWN:
            print_message(f"warning: {operator.where} has no label with its version; see its image")
        if difference := skew(operator):
            print_message(f"warning: {difference.text}; {difference.remedy}")
    return 0


def _print(output: str, found: list[InstalledOperator] | None) -> None:
    """Print the versions; None stands for operators that were not asked for, or are unknown."""
    if output == "json":
        versions = {"client": __version__}
        named = [
            {"namespace": o.namespace, "name": o.name, "version": o.version} for o in found or []
        ]
        print_output(json.dumps(versions if found is None else {**versions, "operators": named}))
        return
    print_output(f"client: {__version__}")
    if found == []:
        print_output("operator: not installed")
    for operator in found or []:
        print_output(f"operator: {operator.version} ({operator.where})")
