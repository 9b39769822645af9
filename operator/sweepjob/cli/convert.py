"""``sweepjob convert``: converts an Azure sweep file to a SweepJob."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from ..loading.azure import (
    Conversion,
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert,
    convert_pipeline,
    is_pipeline,
)
from ..loading.azure.conversion import PLACEHOLDER
from ..loading.errors import LoadError
from ..loading.sweep_files import azure_options, name_from_file, read_documents
from ..loading.yaml_text import dump_yaml
from ..render.table import print_message, print_output
from . import azure_map_flags
from .errors import CommandError

_CONVERTED, _REFUSED, _NO_SWEEP = 0, 1, 2


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "convert",
        help="convert an Azure sweep file to a SweepJob",
        description="Convert an Azure Machine Learning sweep (v2's YAML, or v1's HyperDrive file), or "
        "the sweep steps of a pipeline, to SweepJobs. Print them to standard output, and notes to "
        "standard error. Exit code 0: converted; 1: refused, with the reasons; 2: not a sweep file.",
    )
    parser.add_argument("file", metavar="FILE", help="sweep file; - for standard input")
    parser.add_argument("--step", help="the only sweep step of a pipeline to convert")
    azure_map_flags.add_flag(parser)
    parser.add_argument("--image", help="container image with the training code")
    parser.add_argument("--command", help="command for a v1 file, which has none")
    parser.add_argument("--name", help="name of the SweepJob")
    parser.add_argument("--namespace", help="namespace of the SweepJob")
    parser.add_argument("--queue", help="Kueue queue, in place of a compute target")
    parser.add_argument("--gpus", type=_count, help="GPUs of each trial")
    parser.add_argument("--claim", help="PersistentVolumeClaim for the outputs")
    azure_map_flags.add_pairs(parser, "--input", "NAME=VALUE", "value of a data input")
    text = "path of an output, in place of a folder on a claim"
    azure_map_flags.add_pairs(parser, "--output", "NAME=PATH", text)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    try:
        documents = read_documents(args.file)
        if len(documents) > 1:
            raise CommandError(f"{args.file}: has {len(documents)} documents; a sweep file has one")
        return _convert(documents[0], _options(args), args)
    except (CommandError, LoadError) as error:
        print_message(f"error: {error}")
        return _NO_SWEEP
    except UnsupportedFileError as error:
        print_message(f"error: {args.file}: {error}")
        return _NO_SWEEP
    except ConversionError as error:
        _print_refusals(error)
        return _REFUSED


def _options(args: argparse.Namespace) -> ConversionOptions:
    return replace(
        azure_options(args.file, azure_map_flags.read(args)),
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


def _convert(document: Any, options: ConversionOptions, args: argparse.Namespace) -> int:
    """Convert a document, print the result, and return the exit code."""
    stem = name_from_file(args.file)
    if not is_pipeline(document):
        if args.step is not None:
            raise UnsupportedFileError("is no pipeline; --step is for the steps of one")
        _print_conversion(convert(document, options, stem), args.file)
        return _CONVERTED
    steps = convert_pipeline(document, options, stem, args.step)
    if args.name is not None and len(steps) > 1:
        names = ", ".join(step.name for step in steps)
        raise CommandError(
            f"--name: there are several sweep steps, {names}; choose one with --step"
        )
    code = _CONVERTED
    for position, step in enumerate(steps):
        if step.conversion is None:
            _print_refusals(step.error or ConversionError([]))
            code = _REFUSED
            continue
        if position:
            print_output("---")
        _print_conversion(step.conversion, args.file)
    return code


def _print_refusals(error: ConversionError) -> None:
    for problem in error.problems:
        print_message(f"refused: {problem}")


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


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
