"""The program's entry: ``sweepjob COMMAND``, ``kubectl sweepjob COMMAND``, or
``python -m sweepjob.cli COMMAND``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ..api.problem import InvalidSpec
from ..loading.errors import Unusable
from ..render.table import tell
from ..version import __version__

# Commands, and the module that adds them. Only the one that is called is imported: some need scipy,
# which takes longer to load than most commands take.
COMMANDS = {
    "get": "get",
    "trials": "trials",
    "best": "best",
    "explain": "explain",
    "curves": "curves",
    "logs": "logs",
    "suspend": "lifecycle_commands",
    "resume": "lifecycle_commands",
    "stop": "lifecycle_commands",
    "retry": "lifecycle_commands",
    "run": "run",
    "cost": "cost",
    "export": "export",
    "report": "report",
    "ui": "ui",
    "validate": "validate",
    "convert": "convert",
    "propose": "propose",
    "replay": "replay",
    "completion": "completion",
}

# Of the extra ``local``; what is on a cluster is seen without them.
_OPTIONAL = ("aiohttp", "numpy", "prometheus_client", "scipy")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 something is wrong with the sweep, 2 it could not
    be done.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = parser_for(_completed() or given)
    if "_ARGCOMPLETE" in os.environ:
        import_module(f"{__package__}.completion").answer(parser)
    args = parser.parse_args(given)
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
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OPTIONAL:
            raise
        tell(f"error: this needs {error.name}: pip install 'sweepjob[local]'")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe, such as head, has seen enough; leave nothing for the exit to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _completed() -> list[str]:
    """The words after the program's name of a line that a shell wants completed."""
    return os.environ.get("COMP_LINE", "").split()[1:] if "_ARGCOMPLETE" in os.environ else []


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for a command line: with the one command it calls, or with all of them."""
    parser = argparse.ArgumentParser(
        prog=_program(), description="Hyperparameter sweeps on Kubernetes."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    called = arguments[0] if arguments else ""
    modules = [COMMANDS[called]] if called in COMMANDS else dict.fromkeys(COMMANDS.values())
    for module in modules:
        import_module(f"{__package__}.{module}").add(commands)
    return parser


def _program() -> str:
    """As it was called: kubectl finds its plug-ins by their file names."""
    called = os.path.basename(sys.argv[0])
    return "kubectl sweepjob" if called.startswith("kubectl-") else "sweepjob"


if __name__ == "__main__":
    sys.exit(main())
