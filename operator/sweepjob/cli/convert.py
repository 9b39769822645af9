"""``sweepjob convert``: converts sweep files of other tools to SweepJobs."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..loading.azure import (
    Conversion,
    ConversionError,
    ConversionOptions,
    UnsupportedFileError,
    convert_pipeline,
    is_pipeline,
)
from ..loading.azure.conversion import PLACEHOLDER
from ..loading.errors import LoadError
from ..loading.formats import (
    AZURE,
    FORMATS,
    KATIB,
    OPTUNA,
    convert_document,
    format_of,
    listed,
    reject_other_options,
)
from ..loading.katib import is_experiment
from ..loading.optuna_storage import is_study, read_study
from ..loading.optuna_study import convert_study
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
        help="convert a sweep file of another tool to a SweepJob",
        description="Convert an Azure Machine Learning sweep (v2's YAML, or v1's HyperDrive file), the "
        "sweep steps of a pipeline, an Experiment of Katib's, a sweep file of Weights & Biases, or a "
        "study of Optuna's to SweepJobs. Print them to standard output, and notes to standard error. "
        "Exit code 0: converted; 1: refused, with the reasons; 2: not a sweep file.",
    )
    parser.add_argument("file", metavar="FILE", help="sweep file; - for standard input")
    text = "format of the file, where it is not plain from its contents"
    parser.add_argument("--from", dest="format", choices=(*FORMATS, OPTUNA), help=text)
    parser.add_argument("--study", help="study of a storage of Optuna's with several")
    parser.add_argument("--metric", help="name of the metric of a study that does not name it")
    text = "folder for the results of a study, for warmStart (.sweepjob for sweepjob run --local)"
    parser.add_argument("--results", metavar="DIR", help=text)
    text = "number of trials, in place of the file's (Katib, W&B, Optuna)"
    parser.add_argument("--trials", type=_count, help=text)
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
        if args.format == OPTUNA or (args.format is None and is_study(args.file)):
            return _convert_study(args)
        _reject_study_flags(args)
        documents = listed(read_documents(args.file))
        if len(documents) == 1:
            return _convert(documents[0], _options(args), args)
        if args.format in (None, KATIB) and all(map(is_experiment, documents)):
            return _convert_experiments(documents, args)
        raise CommandError(f"{args.file}: has {len(documents)} documents; a sweep file has one")
    except (CommandError, LoadError) as error:
        print_message(f"error: {error}")
        return _NO_SWEEP
    except UnsupportedFileError as error:
        print_message(f"error: {args.file}: {error}")
        return _NO_SWEEP
    except ConversionError as error:
        _print_refusals(error)
        return _REFUSED


def _reject_study_flags(args: argparse.Namespace) -> None:
    for name in ("study", "metric", "results"):
        if getattr(args, name) is not None:
            raise CommandError(
                f"--{name} is for studies of Optuna's; add --from optuna, or remove it"
            )


def _convert_study(args: argparse.Namespace) -> int:
    options = _options(args)
    reject_other_options(options, OPTUNA)
    if args.step is not None or args.azure_map is not None:
        raise UnsupportedFileError("is of optuna; --step and --azure-map are for files of Azure's")
    made = convert_study(read_study(args.file, args.study), options, args.metric)
    if args.results is not None and made.trials:
        from ..local.folder import FolderError, SweepFolder

        folder = SweepFolder(Path(args.results) / made.source["metadata"]["name"])
        try:
            folder.write_results(made.source, made.trials)
        except (FolderError, OSError) as error:
            raise CommandError(f"--results: {error}") from None
        print_message(f"{len(made.trials)} results: {folder.path}")
    elif made.trials:
        made.conversion.manifest["spec"].pop("warmStart")
        text = (
            f"{len(made.trials)} results are not carried over: submit the sweep with --warm-start "
            f"{args.file}; for sweepjob run --local, --results DIR writes them as well"
        )
        print_message(f"note: study.trials: {text}")
    _print_conversion(made.conversion, args.file)
    return _CONVERTED


def _options(args: argparse.Namespace) -> ConversionOptions:
    return replace(
        azure_options(args.file, azure_map_flags.read(args)),
        image=args.image,
        command=args.command,
        name=args.name,
        namespace=args.namespace,
        queue=args.queue,
        gpus=args.gpus,
        trials=args.trials,
        inputs=dict(args.input),
        outputs=dict(args.output),
        claim=args.claim,
    )


def _convert(document: Any, options: ConversionOptions, args: argparse.Namespace) -> int:
    """Convert a document, print the result, and return the exit code."""
    stem = name_from_file(args.file)
    kind = args.format or format_of(document)
    if kind != AZURE and args.azure_map is not None:
        raise UnsupportedFileError(
            f"is of {kind}, whose files have no use for --azure-map; remove it"
        )
    if kind != AZURE or not is_pipeline(document):
        if args.step is not None:
            raise UnsupportedFileError("is no pipeline; --step is for the steps of one")
        _print_conversion(convert_document(document, options, stem, kind), args.file)
        return _CONVERTED
    reject_other_options(options, kind)
    steps = convert_pipeline(document, options, stem, args.step)
    if args.name is not None and len(steps) > 1:
        names = ", ".join(step.name for step in steps)
        raise CommandError(
            f"--name: there are several sweep steps, {names}; choose one with --step"
        )
    code, said = _CONVERTED, set[str]()
    for position, step in enumerate(steps):
        if step.conversion is None:
            _print_refusals(step.error or ConversionError([]))
            code = _REFUSED
            continue
        if position:
            print_output("---")
        _print_conversion(step.conversion, args.file, said)
    return code


def _convert_experiments(documents: list[Any], args: argparse.Namespace) -> int:
    """Convert each Experiment of a file, print the results, and return the exit code."""
    if args.name is not None:
        raise CommandError(f"--name: the file has {len(documents)} Experiments, with names")
    if args.azure_map is not None or args.step is not None:
        raise UnsupportedFileError("is of katib; --step and --azure-map are for files of Azure's")
    code, options, is_first = _CONVERTED, _options(args), True
    for number, document in enumerate(documents):
        metadata = document.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        try:
            found = convert_document(document, options, f"{name_from_file(args.file)}-{number}")
        except ConversionError as error:
            print_message(f"Experiment {name or number}:")
            _print_refusals(error)
            code = _REFUSED
            continue
        if not is_first:
            print_output("---")
        is_first = False
        print_message(f"Experiment {name or number}:")
        _print_conversion(found, args.file)
    return code


def _print_refusals(error: ConversionError) -> None:
    for problem in error.problems:
        print_message(f"refused: {problem}")


def _print_conversion(conversion: Conversion, name: str, said: set[str] | None = None) -> None:
    """Print a conversion, without the notes that were printed for another step of the pipeline."""
    lines = [f"note: {note}" for note in conversion.notes]
    lines += [f"warning: {warning}" for warning in conversion.warnings]
    said = set() if said is None else said
    for line in dict.fromkeys(lines):
        if line not in said:
            print_message(line)
    said.update(lines)
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
