"""``sweepjob report``: writes the report of sweeps as one HTML file."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..loading.errors import CommandError
from ..local.folder import CorruptFileError, SweepFolder
from ..read_model.views import trials_of_source
from ..render.table import print_message
from .arguments import add_sweep
from .kubectl import Kubectl


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "report",
        help="write a report of sweeps as one HTML file",
        description="Write everything that the page of a sweep shows to one file, which needs no "
        "network. A report of several sweeps also compares them.",
    )
    add_sweep(parser, nargs="*")
    parser.add_argument(
        "--folder",
        type=Path,
        action="append",
        default=[],
        help="folder of a sweep that ran with sweepjob run --local, such as .sweepjob/NAME; repeatable",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file, SWEEP.html by default; - for standard output"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    if not args.name and not args.folder:
        raise CommandError("name a sweep, or the --folder of one that ran on this machine")
    cluster = Kubectl.of(args)
    sheets = [_of_cluster(cluster, name) for name in args.name]
    sheets += [_of_folder(folder) for folder in args.folder]
    write(sheets, args.output or f"{sheets[0]['sweep']['name']}.html")
    return 0


def write(sheets: list[Mapping[str, Any]], output: str) -> None:
    """Write the report of sweeps.

    Args:
        sheets: the sweeps' documents.
        output: file name; ``-`` for standard output.

    Raises:
        CommandError: the file cannot be written.
    """
    from ..dashboard.html_report import render_report  # slow to import, and only needed here

    text = render_report(sheets)
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{output}: cannot be written: {error.strerror}") from None
    print_message(f"{output}: {len(text.encode()) / 1e6:.1f} MB, opens in any browser")


def _of_cluster(cluster: Kubectl, name: str) -> Mapping[str, Any]:
    from ..dashboard.document import build_document

    body, trials = cluster.sweep(name), cluster.trials(name)
    return build_document(body, trials, time.time(), cluster.warm_started_by(body))


def _of_folder(path: Path) -> Mapping[str, Any]:
    try:
        return _sheet_of(path)
    except CorruptFileError as error:
        raise CommandError(str(error)) from None


def _sheet_of(path: Path) -> Mapping[str, Any]:
    from ..dashboard.document import build_document

    folder = SweepFolder(path) if (path / "sweepjobs").is_dir() else None
    bodies = list(folder.read("sweepjobs")) if folder else []
    if folder is None or len(bodies) != 1:
        raise CommandError(
            f"{path}: is no folder of a sweep; sweepjob run --local creates .sweepjob/NAME"
        )
    others: list[Mapping[str, Any]] = []
    for source in (bodies[0].get("status") or {}).get("warmStart") or ():
        sibling = path.parent / source["sweep"]
        if (sibling / "sweeptrials").is_dir():
            others += trials_of_source(source, SweepFolder(sibling).read("sweeptrials"))
    return build_document(bodies[0], list(folder.read("sweeptrials")), time.time(), others)
