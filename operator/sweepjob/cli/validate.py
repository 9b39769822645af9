"""``sweepjob validate``: every mistake of a file, without a cluster."""

from __future__ import annotations

import argparse

from ..api.problem import InvalidSpec
from ..loading.errors import Unusable
from ..loading.sweep_files import is_sweepjob, read_documents, understand
from ..render.table import say, tell


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "validate",
        help="check sweep files without a cluster",
        description="Say everything that is wrong with SweepJobs and Azure sweep files: path, value, "
        "remedy; and what is allowed but probably not meant. Exit code 1 if anything is wrong.",
    )
    parser.add_argument("-f", "--file", required=True, nargs="+", action="extend", metavar="FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    wrong = 0
    for name in args.file:
        found, warnings = mistakes(name)
        for mistake in found:
            tell(f"error: {mistake}")
        for warning in warnings:
            tell(f"warning: {warning}")
        if not found:
            say(f"{name}: valid")
        wrong += bool(found)
    return 1 if wrong else 0


def mistakes(name: str) -> tuple[list[str], list[str]]:
    """What is wrong with a file, and what is probably not meant in it, a line each. Other objects beside
    SweepJobs are passed over.
    """
    found, warnings = list[str](), list[str]()
    try:
        documents = read_documents(name)
    except Unusable as error:
        return [str(error)], []
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    for position, document in enumerate(sweeps):
        where = name if len(sweeps) == 1 else f"{name}[{position}]"
        try:
            sweep = understand(document, name)
            warnings += [f"{where}: {warning}" for warning in sweep.warnings]
        except Unusable as error:
            found.append(str(error))
        except InvalidSpec as error:
            found += [f"{where}: {problem}" for problem in error.problems]
    return found, warnings
