"""The program's entry: ``sweepjob COMMAND``, or ``python -m sweepjob.cli COMMAND``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..domain.problem import InvalidSpec
from . import convert, propose, replay, validate
from .sources import Unusable
from .table import tell


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="sweepjob", description="Hyperparameter sweeps on Kubernetes."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (convert, propose, replay, validate):
        command.add(commands)
    args = parser.parse_args(arguments)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except Unusable as error:
        tell(f"error: {error}")
        return 2
    except InvalidSpec as error:
        for problem in error.problems:
            tell(f"error: {problem}")
        return 1
    except BrokenPipeError:
        # The reader of a pipe, such as head, has seen enough; leave nothing for the exit to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
