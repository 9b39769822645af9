"""``sweepjob convert``: an Azure sweep file to a SweepJob."""

from __future__ import annotations

import argparse

from ..loading.azure import Conversion, ConversionInputs, NotASweep, Refused, convert
from ..loading.azure.conversion import PLACEHOLDER
from ..loading.errors import Unusable
from ..loading.sweep_files import read_documents, stem
from ..loading.yaml_text import dump
from ..render.table import say, tell

_CONVERTED, _REFUSED, _NO_SWEEP = 0, 1, 2


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "convert",
        help="turn an Azure sweep file into a SweepJob",
        description="Turn an Azure Machine Learning sweep (v2's YAML, or v1's HyperDrive file) into a "
        "SweepJob on standard output, with notes on standard error. Exit code 0: converted; 1: "
        "refused, with the reasons; 2: not a sweep file.",
    )
    parser.add_argument("file", metavar="FILE", help="the file; - for standard input")
    parser.add_argument("--image", help="container image with the training code")
    parser.add_argument("--command", help="the command of a v1 file, which has none")
    parser.add_argument("--name", help="name of the SweepJob")
    parser.add_argument("--namespace", help="namespace of the SweepJob")
    parser.add_argument("--queue", help="Kueue queue, in place of a compute target")
    parser.add_argument("--gpus", type=_count, help="GPUs of each trial")
    parser.add_argument("--claim", help="PersistentVolumeClaim for the outputs")
    for flag, what, means in (
        ("--input", "NAME=VALUE", "value of a data input"),
        ("--output", "NAME=PATH", "path of an output, in place of a folder on a claim"),
    ):
        parser.add_argument(
            flag, action="append", type=_pair, default=[], metavar=what, help=f"{means}; repeatable"
        )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    supplies = ConversionInputs(
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
            raise Unusable(f"{args.file}: has {len(documents)} documents; a sweep file has one")
        conversion = convert(documents[0], supplies, stem(args.file))
    except Unusable as error:
        tell(f"error: {error}")
        return _NO_SWEEP
    except NotASweep as error:
        tell(f"error: {args.file}: {error}")
        return _NO_SWEEP
    except Refused as error:
        for problem in error.problems:
            tell(f"refused: {problem}")
        return _REFUSED
    _show(conversion, args.file)
    return _CONVERTED


def _show(conversion: Conversion, name: str) -> None:
    for note in conversion.notes:
        tell(f"note: {note}")
    for warning in conversion.warnings:
        tell(f"warning: {warning}")
    text = dump(conversion.manifest)
    say(f"# Converted from {'standard input' if name == '-' else name!r} by sweepjob convert.")
    if PLACEHOLDER in text:
        say(f"# {PLACEHOLDER} marks what the file could not say: fill it in before you apply it.")
    say(text.rstrip())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
