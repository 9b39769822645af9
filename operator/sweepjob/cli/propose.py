"""``sweepjob propose``: shows the first proposals of a sampler."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from ..api.spec.sampler_builder import build_sampler
from ..loading.sweep_files import LoadedSweep, read_sweep
from ..render.escaping import escape_json
from ..render.output_formats import add_output
from ..render.table import format_table, print_message, print_output
from ..search.sampler import Observation, Sampler
from ..search.samplers.registry import SAMPLERS
from ..search.space import Assignment, leaves
from ..template.references import value_text
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
        "-n", "--number", type=int, default=20, help="number of proposals (default: 20)"
    )
    parser.add_argument("--seed", type=int, help="seed, instead of the file's")
    add_output(parser, ("table", "json"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep = read_sweep(args.file)
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
    if sweep.spec.warm_start and sweep.spec.sampler.uses_observations:
        print_message("note: the results of the sweeps of warmStart are not available here")
    found = list(proposals(sweep, seed, args.number))
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


def proposals(sweep: LoadedSweep, seed: int, count: int) -> Iterator[Assignment]:
    """Yield the first proposals of a sweep, each made while the earlier ones are pending.

    Args:
        sweep: the sweep.
        seed: seed of the sampler.
        count: number of proposals. There are fewer if the search space is exhausted.

    Raises:
        CommandError: the sampler of a plug-in failed.
    """
    sampler = build_sampler(sweep.spec, seed)
    pending: list[Observation] = []
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
