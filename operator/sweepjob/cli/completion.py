"""``sweepjob completion``: shell completion of commands, flags, and names of sweeps and trials."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys

from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from ..render.table import print_output

SHELLS = ("bash", "zsh", "fish")


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "completion",
        help="print the completion script of a shell",
        description="Print the completion script of a shell. bash and zsh: add "
        "'source <(sweepjob completion bash)' to .bashrc, or with zsh to .zshrc. fish: run "
        "'sweepjob completion fish | source'. kubectl sweepjob needs no script: kubectl calls "
        "kubectl_complete-sweepjob.",
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    print_output(shellcode(["sweepjob"], shell=args.shell).rstrip())
    return 0


def complete(parser: argparse.ArgumentParser) -> None:
    """Print the completions that the shell has requested, and exit."""
    CompletionFinder()(parser, always_complete_options=False)


class _CompletionsWritten(Exception):
    """The completions have been written."""


def kubectl() -> int:
    """Print the completions of ``kubectl sweepjob`` for kubectl.

    Each is a line; the last line is Cobra's directive 4, which disables the completion of file names.
    """
    from .__main__ import parser_for

    words = sys.argv[1:]
    line = " ".join(["sweepjob", *words])
    os.environ |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1"}
    os.environ |= {"_ARGCOMPLETE_IFS": "\n"}
    found = io.StringIO()

    def finish(_: int) -> None:
        raise _CompletionsWritten

    with contextlib.suppress(_CompletionsWritten):
        CompletionFinder()(
            parser_for(words),
            always_complete_options=False,
            exit_method=finish,
            output_stream=found,
        )
    print_output(
        "\n".join([*(text.strip() for text in found.getvalue().split("\n") if text.strip()), ":4"])
    )
    return 0
