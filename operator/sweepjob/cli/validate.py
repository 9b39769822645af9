"""``sweepjob validate``: checks sweep files without a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ..api.parsing.problem import InvalidSpec
from ..loading.errors import LoadError
from ..loading.results.file import ResultsFile, read_results_file, with_results
from ..loading.sweep_files import is_sweepjob, parse_document, read_documents
from ..render.table import print_message, print_output
from . import warm_start_files


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "validate",
        help="check sweep files without a cluster",
        description="Report all errors of SweepJobs and Azure sweep files, with path, value and "
        "remedy, and settings that are valid but probably not intended. Exit code 1 if there are errors.",
    )
    parser.add_argument(
        *("-f", "--file"),
        required=True,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="sweep files; - for standard input",
    )
    warm_start_files.add_flag(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    invalid = 0
    try:
        results = [read_results_file(name) for name in args.warm_start]
    except LoadError as unreadable:
        print_message(f"error: {unreadable}")
        return 1
    for name in args.file:
        errors, warnings = validate_file(name, results)
        for error in errors:
            print_message(f"error: {error}")
        for warning in warnings:
            print_message(f"warning: {warning}")
        if not errors:
            print_output(f"{name}: valid")
        invalid += bool(errors)
    return 1 if invalid else 0


def validate_file(name: str, results: Sequence[ResultsFile] = ()) -> tuple[list[str], list[str]]:
    """Return the errors and the warnings of a file, a line each. Other Kubernetes objects are ignored.

    Args:
        name: name of the file.
        results: results of earlier trials with which its sweeps are warm-started.
    """
    errors, warnings = list[str](), list[str]()
    try:
        documents = read_documents(name)
    except LoadError as error:
        return [str(error)], []
    sweeps = [document for document in documents if is_sweepjob(document)] or documents
    for position, document in enumerate(sweeps):
        where = name if len(sweeps) == 1 else f"{name}[{position}]"
        try:
            sweep = parse_document(document, name)
            warnings += [f"{where}: {warning}" for warning in sweep.warnings]
            sweep = (
                parse_document(with_results(sweep.manifest, results), name) if results else sweep
            )
            for file in results:
                print_message(f"warm start: {warm_start_files.trials_of(file, sweep)[1]}")
        except LoadError as error:
            errors.append(str(error))
        except InvalidSpec as error:
            errors += [f"{where}: {problem}" for problem in error.problems]
    return errors, warnings
