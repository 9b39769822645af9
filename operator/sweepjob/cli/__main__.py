"""Entry point of ``sweepjob``, ``kubectl sweepjob`` and ``python -m sweepjob.cli``."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ..api.parsing.problem import InvalidSpec
from ..api.parsing.suggestions import did_you_mean
from ..loading.errors import LoadError
from ..render.table import print_message
from ..version import __version__
from .errors import CommandError
from .late_words import add_late_words

# Module and help text by command. Only the module of the called command is imported: some need scipy,
# which takes longer to load than most commands take.
COMMANDS = {
    "get": ("get", "show sweeps, or one sweep with its trials"),
    "trials": ("trials", "list a sweep's trials"),
    "best": ("best", "print the best trial's parameters"),
    "explain": ("explain", "explain the state of a sweep or a trial"),
    "curves": ("curves", "show the reports of a sweep's trials"),
    "logs": ("logs", "print a trial's log"),
    "suspend": ("lifecycle_commands", "start no new trials"),
    "pause": ("lifecycle_commands", "pause a trial"),
    "resume": ("lifecycle_commands", "resume a suspended sweep, or a paused trial"),
    "stop": ("lifecycle_commands", "stop a sweep, or cancel one trial"),
    "retry": ("lifecycle_commands", "retry a failed or canceled trial"),
    "tag": ("annotate", "set, remove or list the tags of trials"),
    "note": ("annotate", "set, remove or print the note of a trial"),
    "submit": ("submit", "create a sweep on the cluster, with the code of its trials"),
    "run": ("run", "run a sweep on this machine, without a cluster"),
    "cost": ("cost", "show GPU-hours used and saved"),
    "export": ("export", "export all stored data of a sweep's trials"),
    "download": ("download", "copy the outputs of the best trial, or of another one"),
    "promote": ("promote", "register the best trial's model, or train it again"),
    "report": ("report", "write a report of sweeps as one HTML file"),
    "ui": ("ui", "open the dashboard in a browser"),
    "doctor": ("doctor", "check the client, the cluster and the operator"),
    "version": ("version", "print the versions of the client and of the operator"),
    "validate": ("validate", "check sweep files without a cluster"),
    "convert": ("convert", "convert a sweep file of another tool to a SweepJob"),
    "azure-map": ("azure_map", "write the map of an Azure workspace"),
    "propose": ("propose", "show the first proposals of the sampler"),
    "replay": ("replay", "apply an early termination policy to recorded curves"),
    "mcp": ("mcp_server", "serve sweeps to agents by the Model Context Protocol"),
    "completion": ("completion", "print the completion script of a shell"),
}

# Packages of extras, which commands about a cluster do not need, with their extra.
_OPTIONAL_PACKAGES = {
    **dict.fromkeys(("aiohttp", "numpy", "prometheus_client", "scipy"), "local"),
    **dict.fromkeys(("mcp", "pydantic"), "mcp"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: words after the program's name; those of the process by default.

    Returns:
        The exit code: 0 for success, 1 for a failed or invalid sweep, 2 for a command that could not be
        carried out, 130 for an interrupted one.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given and given[0] not in COMMANDS and not given[0].startswith("-"):
        near = did_you_mean(given[0], COMMANDS) or ";"
        print_message(f"error: unknown command {given[0]!r}{near} {_program()} --help lists all")
        return 2
    try:
        args = _parse(given)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except (CommandError, LoadError) as error:
        print_message(f"error: {error}")
        return 2
    except InvalidSpec as error:
        for problem in error.problems:
            print_message(f"error: {problem}")
        return 1
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _OPTIONAL_PACKAGES:
            raise
        extra = _OPTIONAL_PACKAGES[package]
        print_message(f"error: this needs {error.name}: pip install 'sweepjob[{extra}]'")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # its reader, such as head, has ended
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        print_message(f"error: {where}{error.strerror or error}")
        return 2


def _drop_output() -> None:
    """Write no more to the standard output: the flush at exit must not fail as well."""
    with contextlib.suppress(OSError):  # none is open
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parse(given: list[str]) -> argparse.Namespace:
    """Return the command line, or end the program where argparse refuses it."""
    parser = parser_for(_completion_words() or given)
    if "_ARGCOMPLETE" in os.environ:
        import_module(f"{__package__}.completion").complete(parser)
    args, rest = parser.parse_known_args(given)
    if rest and not add_late_words(args, rest):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return args


def _completion_words() -> list[str]:
    """Return the words after the program's name in a line that the shell completes."""
    return os.environ.get("COMP_LINE", "").split()[1:] if "_ARGCOMPLETE" in os.environ else []


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser with the command of a command line, or with the names of all commands."""
    parser = argparse.ArgumentParser(
        prog=_program(), description="Hyperparameter sweeps on Kubernetes."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    called = arguments[0] if arguments else ""
    if called in COMMANDS:
        import_module(f"{__package__}.{COMMANDS[called][0]}").add_command(commands)
        return parser
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text)
    return parser


def _program() -> str:
    """Return the name that the program was called by; kubectl finds plug-ins by their file names."""
    called = os.path.basename(sys.argv[0])
    return "kubectl sweepjob" if called.startswith("kubectl-") else "sweepjob"


if __name__ == "__main__":
    sys.exit(main())
