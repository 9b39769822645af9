"""``sweepjob completion``: the shell completes commands, flags, and the names of sweeps and trials."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys

from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from ..render.table import say

SHELLS = ("bash", "zsh", "fish")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "completion",
        help="print the completion script of a shell",
        description="bash, zsh: source <(sweepjob completion bash), in .bashrc or, with zsh, in .zshrc; "
        "fish: sweepjob completion fish | source. For kubectl sweepjob nothing is needed: kubectl calls "
        "kubectl_complete-sweepjob.",
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    say(shellcode(["sweepjob"], shell=args.shell).rstrip())
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer the shell, if it is it that asks; does not return then."""
    CompletionFinder()(parser, always_complete_options=False)


class _Done(Exception):
    """The completions are there."""


def kubectl() -> int:
    """What kubectl runs to complete ``kubectl sweepjob``: a completion a line, and a directive, 4, that
    there are no file names among them.
    """
    from .__main__ import parser_for

    words = sys.argv[1:]
    line = " ".join(["sweepjob", *words])
    os.environ |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1"}
    os.environ |= {"_ARGCOMPLETE_IFS": "\n"}
    found = io.StringIO()

    def leave(_: int) -> None:
        raise _Done

    with contextlib.suppress(_Done):
        CompletionFinder()(
            parser_for(words), always_complete_options=False, exit_method=leave, output_stream=found
        )
    say("\n".join([*(text.strip() for text in found.getvalue().split("\n") if text.strip()), ":4"]))
    return 0
