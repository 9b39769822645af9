"""``sweepjob validate``: every mistake of a file, without a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ..domain.problem import InvalidSpec
from .errors import Unusable
from .sources import is_sweepjob, read_documents, understand
from .table import say, tell


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "validate",
        help="check sweep files without a cluster",
        description="Say everything that is wrong with SweepJobs and Azure sweep files: path, value, "
        "remedy. Exit code 1 if anything is.",
    )
    parser.add_argument("-f", "--file", required=True, nargs="+", action="extend", metavar="FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    wrong = 0
    for name in args.file:
        found = list(mistakes(name))
        for mistake in found:
            tell(f"error: {mistake}")
        if not found:
            say(f"{name}: valid")
        wrong += bool(found)
    return 1 if wrong else 0


def mistakes(name: str) -> Iterator[str]:
    """What is wrong with a file, a line each. Other objects beside SweepJobs are passed over."""
    try:
        documents = read_documents(name)
    except Unusable as error:
        yield str(error)
        return
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    for position, document in enumerate(sweeps):
        where = name if len(sweeps) == 1 else f"{name}[{position}]"
        try:
            understand(document, name)
        except Unusable as error:
            yield str(error)
        except InvalidSpec as error:
            yield from (f"{where}: {problem}" for problem in error.problems)
