"""The flag ``--warm-start``: results of earlier trials, from files of this machine."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..api.spec_parser import parse_sweepjob
from ..api.sweeptrial.source_trial import SourceTrial
from ..loading.errors import LoadError
from ..loading.results.file import ResultsFile, read_results_file, with_results
from ..loading.results.fitting import read_trials
from ..loading.results.result import ResultsError
from ..loading.sweep_files import LoadedSweep
from ..render.formatting import pluralize
from ..render.table import print_message


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag to the parser of a command."""
    parser.add_argument(
        "--warm-start",
        action="append",
        default=[],
        metavar="FILE",
        help="results of earlier trials, which the sampler learns from: a CSV or JSON export, Optuna's "
        "trials or storage, or Katib's trials; repeatable",
    )


def read(args: argparse.Namespace, sweep: LoadedSweep) -> tuple[LoadedSweep, list[ResultsFile]]:
    """Return a sweep that is warm-started from the files of the flag, and the files; say how they fit.

    Args:
        args: the command line.
        sweep: the sweep.

    Raises:
        LoadError: a file cannot be read, or none of its trials counts.
        InvalidSpec: the sweep has errors then.
    """
    files = [read_results_file(name) for name in args.warm_start]
    if not files:
        return sweep, []
    if sweep.spec.warm_start.results:
        print_message("note: --warm-start takes the place of spec.warmStart.results")
    manifest = with_results(sweep.manifest, files)
    started = replace(sweep, manifest=manifest, spec=parse_sweepjob(manifest))
    for file in files:
        _, text = trials_of(file, started)
        print_message(f"warm start: {text}")
    return started, files


def trials_of(file: ResultsFile, sweep: LoadedSweep) -> tuple[tuple[SourceTrial, ...], str]:
    """Return the trials of a file that count for a sweep, and a line about them.

    Raises:
        LoadError: it cannot be read, or none of its trials counts.
    """
    try:
        trials, differences = read_trials(file.text, sweep.spec)
    except ResultsError as error:
        raise LoadError(f"{file.directory}: {error}") from None
    about = f"; {differences}" if differences.clauses else ""
    verb = "counts" if len(trials) == 1 else "count"
    return trials, f"{file.directory}: {pluralize(len(trials), 'trial')} {verb}{about}"
