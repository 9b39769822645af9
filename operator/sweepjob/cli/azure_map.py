"""``sweepjob azure-map init``: writes the skeleton of an Azure map from files, scripts and notebooks."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..loading.azure import in_file_keys
from ..loading.azure_map import AzureMap, read_azure_map
from ..loading.azure_map.azure_map import FILE_NAME
from ..loading.azure_map.program_names import names_in_notebook, names_in_program
from ..loading.azure_map.references import FoundNames, names_in_document
from ..loading.azure_map.skeleton import skeleton
from ..loading.sweep_files import read_documents, read_text
from ..render.table import print_message, print_output
from .errors import CommandError


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "azure-map",
        help="write the map of an Azure workspace",
        description="Work with the map of an Azure workspace, which says what its computes, "
        "environments, data and code are on the cluster.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    init = actions.add_parser(
        "init",
        help="write the skeleton of a map",
        description="Print a map with an entry for each name of the workspace that sweep files, Python "
        "programs and notebooks have. Entries of --azure-map are left out.",
    )
    init.add_argument("files", nargs="+", metavar="FILE", help="YAML, .py or .ipynb file")
    init.add_argument("--azure-map", metavar="FILE", help="a map to which entries are added")
    init.add_argument(
        "-o", "--output", metavar="FILE", help=f"file, such as {FILE_NAME}; it must not exist"
    )
    init.set_defaults(run=run)
    check = actions.add_parser(
        "validate",
        help="check a map",
        description="Check a map and print every error with its path.",
    )
    check.add_argument("file", metavar="FILE", help="the map")
    check.set_defaults(run=validate)


def run(args: argparse.Namespace) -> int:
    """Write a skeleton, and return the exit code."""
    found = FoundNames()
    for name in args.files:
        _add_names(name, found)
    for message in dict.fromkeys(found.skipped):
        print_message(f"warning: {message}")
    existing = AzureMap() if args.azure_map is None else read_azure_map(args.azure_map)
    text = skeleton(found, existing)
    if args.output is None:
        print_output(text.rstrip())
        return 0
    try:
        with Path(args.output).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CommandError(
            f"{args.output}: exists already; --azure-map {args.output} prints what it lacks"
        ) from None
    except OSError as error:
        raise CommandError(f"{args.output}: cannot be written: {error.strerror}") from None
    print_message(f"{args.output}: replace the words in capitals")
    return 0


def validate(args: argparse.Namespace) -> int:
    """Check a map, and return the exit code."""
    read_azure_map(args.file)
    print_output(f"{args.file}: valid")
    return 0


def _add_names(name: str, found: FoundNames) -> None:
    """Add the names in a file.

    Raises:
        CommandError: it cannot be read, or is not of its kind.
    """
    kind = Path(name).suffix
    try:
        if kind == ".py":
            names_in_program(read_text(name), found)
        elif kind == ".ipynb":
            names_in_notebook(read_text(name), found, name)
        else:
            for document in read_documents(name):
                names_in_document(in_file_keys(document), found)
    except (ValueError, AttributeError) as error:
        what = "a Python program" if kind == ".py" else "a notebook of Python"
        raise CommandError(f"{name}: is not {what}: {error}") from None
