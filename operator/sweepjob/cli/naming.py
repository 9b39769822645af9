"""Arguments that name a sweep or a trial; the shell completes them from the cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..resources import names
from .errors import Unusable
from .kubectl import Kubectl, add_flags

Completer = Callable[..., list[str]]


def add_sweep(parser: argparse.ArgumentParser, **more: Any) -> None:
    """The name of a sweep, and where it is."""
    _add(parser, "SWEEP", (names.SWEEPJOBS,), more)


def add_trial(parser: argparse.ArgumentParser) -> None:
    """The name of a trial, and where it is."""
    _add(parser, "TRIAL", (names.SWEEPTRIALS,), {})


def add_either(parser: argparse.ArgumentParser) -> None:
    """The name of a sweep or a trial, and where it is."""
    _add(parser, "SWEEP|TRIAL", (names.SWEEPJOBS, names.SWEEPTRIALS), {})


def _add(
    parser: argparse.ArgumentParser, metavar: str, kinds: tuple[str, ...], more: dict[str, Any]
) -> None:
    action = parser.add_argument("name", metavar=metavar, **more)
    vars(action)["completer"] = _completer(kinds)  # where argcomplete looks for it
    add_flags(parser)


def _completer(kinds: tuple[str, ...]) -> Completer:
    def complete(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
        cluster = Kubectl.of(parsed_args)
        try:
            return [name for kind in kinds for name in cluster.names(kind)]
        except Unusable:
            return []  # a completion has nowhere to say what is wrong

    return complete
