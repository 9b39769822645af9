"""``sweepjob report``: a sweep in one file, for a mail or an archive."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..loading.errors import Unusable
from ..local.folder import BrokenFile, Folder
from ..render.table import tell
from ..render.views import warm_started_by
from .arguments import add_sweep
from .kubectl import Kubectl


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "report",
        help="write a sweep's report, one HTML file",
        description="Everything that the page of a sweep shows, in one file that needs no network and "
        "nothing else. With several sweeps: each of them, and how they compare.",
    )
    add_sweep(parser, nargs="*")
    parser.add_argument(
        "--folder",
        type=Path,
        action="append",
        default=[],
        help="of a sweep that ran with sweepjob run --local, such as .sweepjob/NAME; may be repeated",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="SWEEP.html by default; - for standard output"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if not args.name and not args.folder:
        raise Unusable("name a sweep, or the --folder of one that ran on this machine")
    cluster = Kubectl.of(args)
    sheets = [_of_cluster(cluster, name) for name in args.name]
    sheets += [_of_folder(folder) for folder in args.folder]
    write(sheets, args.output or f"{sheets[0]['sweep']['name']}.html")
    return 0


def write(sheets: list[Mapping[str, Any]], output: str) -> None:
    """Write the report of these sweeps.

    Raises:
        Unusable: the file cannot be written.
    """
    from ..dashboard.html_report import render_report

    text = render_report(sheets)
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{output}: cannot be written: {error.strerror}") from None
    tell(f"{output}: {len(text.encode()) / 1e6:.1f} MB, opens in any browser")


def _of_cluster(cluster: Kubectl, name: str) -> Mapping[str, Any]:
    from ..dashboard.document import build_document

    body, trials = cluster.sweep(name), cluster.trials(name)
    return build_document(body, trials, time.time(), cluster.warm_started_by(body))


def _of_folder(path: Path) -> Mapping[str, Any]:
    try:
        return _sheet_of(path)
    except BrokenFile as error:
        raise Unusable(str(error)) from None


def _sheet_of(path: Path) -> Mapping[str, Any]:
    from ..dashboard.document import build_document

    folder = Folder(path) if (path / "sweepjobs").is_dir() else None
    bodies = list(folder.read("sweepjobs")) if folder else []
    if folder is None or len(bodies) != 1:
        raise Unusable(
            f"{path}: is no folder of a sweep; sweepjob run --local makes .sweepjob/NAME"
        )
    others: list[Mapping[str, Any]] = []
    for source in (bodies[0].get("status") or {}).get("warmStart") or ():
        there = path.parent / source["sweep"]
        if (there / "sweeptrials").is_dir():
            others += warm_started_by(source, Folder(there).read("sweeptrials"))
    return build_document(bodies[0], list(folder.read("sweeptrials")), time.time(), others)
