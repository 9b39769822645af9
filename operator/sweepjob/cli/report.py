"""``sweepjob report``: writes the report of sweeps as one HTML file."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..render.table import print_message
from .arguments import add_sweep
from .errors import CommandError
from .folder_names import is_folder
from .late_words import accept_late_words
from .sources import required_source


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
    accept_late_words(parser, "name")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    if not args.name and not args.folder:
        raise CommandError("name a sweep, or the --folder of one that ran on this machine")
    sheets = [_document(args, name) for name in (*args.name, *map(_as_folder, args.folder))]
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


def _as_folder(path: Path) -> str:
    """Return the name of a folder, which no object of a cluster can have."""
    return str(path) if is_folder(str(path)) else f"./{path}"


def _document(args: argparse.Namespace, name: str) -> Mapping[str, Any]:
    from ..dashboard.document import build_document

    source, plain = required_source(argparse.Namespace(**{**vars(args), "name": name}))
    body, trials = source.sweep(plain), source.trials(plain)
    return build_document(body, trials, time.time(), source.warm_started_by(body))
