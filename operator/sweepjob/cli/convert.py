"""``sweepjob convert``: converts an Azure sweep file to a SweepJob."""

from __future__ import annotations

import argparse

from ..loading.azure import (
    Conversion,
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert,
)
from ..loading.azure.conversion import PLACEHOLDER
from ..loading.errors import CommandError
from ..loading.sweep_files import name_from_file, read_documents
from ..loading.yaml_text import dump_yaml
from ..render.table import print_message, print_output

_CONVERTED, _REFUSED, _NO_SWEEP = 0, 1, 2


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "convert",
        help="convert an Azure sweep file to a SweepJob",
        description="Convert an Azure Machine Learning sweep (v2's YAML, or v1's HyperDrive file) to a "
        "SweepJob. Print the SweepJob to standard output, and notes to standard error. Exit code 0: "
        "converted; 1: refused, with the reasons; 2: not a sweep file.",
    )
    parser.add_argument("file", metavar="FILE", help="sweep file; - for standard input")
    parser.add_argument("--image", help="container image with the training code")
    parser.add_argument("--command", help="command for a v1 file, which has none")
    parser.add_argument("--name", help="name of the SweepJob")
    parser.add_argument("--namespace", help="namespace of the SweepJob")
    parser.add_argument("--queue", help="Kueue queue, in place of a compute target")
    parser.add_argument("--gpus", type=_count, help="GPUs of each trial")
    parser.add_argument("--claim", help="PersistentVolumeClaim for the outputs")
    for flag, metavar, text in (
        ("--input", "NAME=VALUE", "value of a data input"),
        ("--output", "NAME=PATH", "path of an output, in place of a folder on a claim"),
    ):
        parser.add_argument(
            flag,
            action="append",
            type=_pair,
            default=[],
            metavar=metavar,
            help=f"{text}; repeatable",
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    options = ConversionOptions(
        image=args.image,
        command=args.command,
        name=args.name,
        namespace=args.namespace,
        queue=args.queue,
        gpus=args.gpus,
        inputs=dict(args.input),
        outputs=dict(args.output),
        claim=args.claim,
    )
    try:
        documents = read_documents(args.file)
        if len(documents) > 1:
            raise CommandError(f"{args.file}: has {len(documents)} documents; a sweep file has one")
        conversion = convert(documents[0], options, name_from_file(args.file))
    except CommandError as error:
        print_message(f"error: {error}")
        return _NO_SWEEP
    except UnsupportedFileError as error:
        print_message(f"error: {args.file}: {error}")
        return _NO_SWEEP
    except ConversionError as error:
        for problem in error.problems:
            print_message(f"refused: {problem}")
        return _REFUSED
    _print_conversion(conversion, args.file)
    return _CONVERTED


def _print_conversion(conversion: Conversion, name: str) -> None:
    for note in conversion.notes:
        print_message(f"note: {note}")
    for warning in conversion.warnings:
        print_message(f"warning: {warning}")
    text = dump_yaml(conversion.manifest)
    print_output(
        f"# Converted from {'standard input' if name == '-' else name!r} by sweepjob convert."
    )
    if PLACEHOLDER in text:
        print_output(
            f"# {PLACEHOLDER} marks values that the file does not have: fill them in before you apply it."
        )
    print_output(text.rstrip())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
