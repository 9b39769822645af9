"""``sweepjob mcp``: serves sweeps to agents by the Model Context Protocol."""

from __future__ import annotations

import argparse

from .kubectl import Kubectl, add_cluster_flags


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "mcp",
        help="serve sweeps to agents by the Model Context Protocol",
        description="A server of the Model Context Protocol over standard input and output. Its tools "
        "read sweeps with your own kubeconfig, and check, convert and try sweep files. Without "
        "--allow-changes none of them changes anything. Needs pip install 'sweepjob[mcp]'.",
    )
    parser.add_argument(
        "--allow-changes",
        action="store_true",
        help="also offer tools that create, suspend, resume and stop sweeps and pause and retry trials",
    )
    add_cluster_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    from .mcp_tools import build_server

    build_server(Kubectl.of(args).flags, allow_changes=args.allow_changes).run("stdio")
    return 0
