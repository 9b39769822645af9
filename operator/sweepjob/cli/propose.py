"""``sweepjob propose``: what the sampler would try."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator

from ..loading.sweep_files import Sweep, read_sweep
from ..render.escaping import json_safe
from ..render.table import say, table, tell
from ..search.sampler import Observation
from ..search.samplers.registry import make_sampler
from ..search.space import Assignment, leaves
from ..template.references import text_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "propose",
        help="show what the sampler would try",
        description="Show the first proposals of a sweep (a SweepJob or an Azure file), without "
        "running anything. A bayesian sampler is shown as if no trial had reported yet.",
    )
    parser.add_argument("-f", "--file", required=True, metavar="SWEEP.yaml")
    parser.add_argument("-n", "--number", type=int, default=20, help="how many (20)")
    parser.add_argument("--seed", type=int, help="instead of the file's")
    parser.add_argument("-o", "--output", choices=("table", "json"), default="table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    sweep = read_sweep(args.file)
    seed = args.seed if args.seed is not None else sweep.spec.seed
    if seed is None:
        seed = 0
        if sweep.spec.sampler[0] != "grid":
            tell("note: the file has no seed, and the operator would make one; shown for seed 0")
    if not sweep.notes and _is_sorted_elsewhere(sweep):
        tell(
            "note: Kubernetes sorts the keys of searchSpace, so the operator would go through them in "
            "the order of the alphabet; samplingAlgorithm.order keeps the order of the file"
        )
    if sweep.spec.warm_start and sweep.spec.sampler[0] == "bayesian":
        tell("note: what the sweeps of warmStart have shown is not known here")
    found = list(proposals(sweep, seed, args.number))
    if args.output == "json":
        for index, assignment in enumerate(found):
            line = json.dumps({"index": index, "parameters": assignment}, ensure_ascii=False)
            say(json_safe(line))
    else:
        say(_table(found))
    if len(found) < args.number:
        tell(f"note: the space is exhausted after {len(found)}")
    return 0


def proposals(sweep: Sweep, seed: int, count: int) -> Iterator[Assignment]:
    """The first ``count`` proposals, each made while those before it are pending; fewer when the
    space is exhausted.
    """
    sampler = make_sampler(*sweep.spec.sampler, sweep.spec.space, seed)
    pending: list[Observation] = []
    for index in range(count):
        assignment = sampler.propose(index, pending)
        if assignment is None:
            return
        if sampler.uses_observations:
            pending.append(Observation(index, assignment, None, ended=False))
        yield assignment


def _is_sorted_elsewhere(sweep: Sweep) -> bool:
    spec = sweep.manifest["spec"]
    algorithm = spec.get("samplingAlgorithm") or {}
    written = list(spec["searchSpace"])
    is_grid = algorithm.get("type") == "grid"
    return is_grid and not algorithm.get("order") and written != sorted(written)


def _table(found: list[Assignment]) -> str:
    rows = [{name: text_of(value) for name, value in leaves(a)} for a in found]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return table(
        ["INDEX", *columns],
        [[str(n), *(row.get(name, "") for name in columns)] for n, row in enumerate(rows)],
    )
