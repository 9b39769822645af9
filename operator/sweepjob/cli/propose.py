"""``sweepjob propose``: shows the first proposals of a sampler."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence

from ..api.spec.sampler_builder import build_sampler
from ..loading.results.file import ResultsFile
from ..loading.sweep_files import LoadedSweep, read_sweep
from ..render.escaping import escape_json
from ..render.output_formats import add_output
from ..render.table import format_table, print_message, print_output
from ..search.sampler import Observation, Sampler
from ..search.samplers.registry import SAMPLERS
from ..search.space import Assignment, leaves
from ..template.references import value_text
from . import warm_start_files
from .arguments import whole_number
from .errors import CommandError


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "propose",
        help="show the first proposals of the sampler",
        description="Show the first proposals of a sweep (a SweepJob or an Azure file) without running "
        "trials. A bayesian sampler proposes as if no trial had reported yet.",
    )
    parser.add_argument(
        "-f", "--file", required=True, metavar="SWEEP.yaml", help="sweep file; - for standard input"
    )
    parser.add_argument(
        "-n", "--number", type=whole_number(1), default=20, help="number of proposals (default: 20)"
    )
    warm_start_files.add_flag(parser)
    parser.add_argument("--seed", type=int, help="seed, instead of the file's")
    add_output(parser, ("table", "json"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, files = warm_start_files.read(args, read_sweep(args.file))
    seed = args.seed if args.seed is not None else sweep.spec.seed
    if seed is None:
        seed = 0
        if sweep.spec.sampler.declaration.is_seeded:
            print_message(
                "note: the file has no seed; these are the proposals for seed 0, and the operator "
                "draws a seed"
            )
    if not sweep.notes and _loses_its_order(sweep):
        print_message(
            "note: Kubernetes sorts the keys of searchSpace, so the operator would use their "
            "alphabetical order; samplingAlgorithm.order keeps the order of the file"
        )
    known = _known(sweep, seed, files)
    found = list(proposals(sweep, seed, args.number, known))
    if tried := min(len(sweep.spec.initial_points), len(found)):
        print_message(f"note: the first {tried} are spec.initialPoints")
    if args.output == "json":
        for index, assignment in enumerate(found):
            line = json.dumps({"index": index, "parameters": assignment}, ensure_ascii=False)
            print_output(escape_json(line))
    else:
        print_output(_table(found))
    if len(found) < args.number:
        print_message(f"note: the space is exhausted after {len(found)}")
    return 0


def _known(sweep: LoadedSweep, seed: int, files: Sequence[ResultsFile]) -> list[Observation]:
    """Return the observations of the files with which the sweep is warm-started."""
    warm_start = sweep.spec.warm_start
    if not sweep.spec.sampler.uses_observations:
        return []
    if warm_start.sweeps or (warm_start.results and not files):
        missing = "sweeps" if warm_start.sweeps else "ConfigMaps"
        print_message(f"note: the results of the {missing} of warmStart are not available here")
    if not files:
        return []
    from ..controllers.state.known_observations import observations_of  # slow to import

    trials = [trial for f in files for trial in warm_start_files.trials_of(f, sweep)[0]]
    return observations_of(sweep.spec, seed, trials)


def proposals(
    sweep: LoadedSweep, seed: int, count: int, known: Sequence[Observation] = ()
) -> Iterator[Assignment]:
    """Yield the first proposals of a sweep, each made while the earlier ones are pending.

    Args:
        sweep: the sweep.
        seed: seed of the sampler.
        count: number of proposals. There are fewer if the search space is exhausted.
        known: observations of earlier trials.

    Raises:
        CommandError: the sampler of a plug-in failed.
    """
    sampler = build_sampler(sweep.spec, seed)
    pending: list[Observation] = [*known]
    for index in range(count):
        assignment = _propose(sweep, sampler, index, pending)
        if assignment is None:
            return
        if sampler.uses_observations:
            pending.append(Observation(index, assignment, None, ended=False))
        yield assignment


def _propose(
    sweep: LoadedSweep, sampler: Sampler, index: int, pending: list[Observation]
) -> Assignment | None:
    try:
        return sampler.propose(index, pending)
    except Exception as error:
        name = sweep.spec.sampler.name
        distribution = SAMPLERS.distribution_of(name)
        if not distribution:
            raise
        message = f"sampler {name} of {distribution} failed at trial {index}: {error!r}"
        raise CommandError(message) from error


def _loses_its_order(sweep: LoadedSweep) -> bool:
    arguments = sweep.spec.sampler.arguments
    written = list(sweep.manifest["spec"]["searchSpace"])
    return "order" in arguments and not arguments["order"] and written != sorted(written)


def _table(found: list[Assignment]) -> str:
    rows = [{name: value_text(value) for name, value in leaves(a)} for a in found]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return format_table(
        ["INDEX", *columns],
        [[str(n), *(row.get(name, "") for name in columns)] for n, row in enumerate(rows)],
    )
