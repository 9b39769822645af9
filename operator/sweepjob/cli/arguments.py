"""Arguments that name a sweep or a trial. The shell completes them from the cluster."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from typing import Any

from ..api import names
from .errors import CommandError
from .kubectl import Kubectl, add_cluster_flags

Completer = Callable[..., list[str]]
SWEEP, TRIAL = "sweepjob", "sweeptrial"


def add_sweep(parser: argparse.ArgumentParser, **more: Any) -> None:
    """Add the name of a sweep and the flags of the cluster; ``more`` is for ``add_argument``."""
    _add(parser, "SWEEP", (names.SWEEPJOBS,), more)


def add_trial(parser: argparse.ArgumentParser) -> None:
    """Add the name of a trial and the flags of the cluster."""
    _add(parser, "TRIAL", (names.SWEEPTRIALS,), {})


def add_sweep_or_trial(parser: argparse.ArgumentParser) -> None:
    """Add the name of a sweep or a trial and the flags of the cluster."""
    _add(parser, "SWEEP|TRIAL", (names.SWEEPJOBS, names.SWEEPTRIALS), {})


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return the type of a flag for argparse: a whole number within bounds.

    Args:
        least: the smallest number.
        most: the largest one; None for any.
    """
    bounds = f"{least} or more" if most is None else f"{least} to {most}"

    def parse(text: str) -> int:
        with contextlib.suppress(ValueError):
            number = int(text)
            if number >= least and (most is None or number <= most):
                return number
        raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number, {bounds}")

    return parse


def resolve_kind(cluster: Kubectl, name: str) -> tuple[str, str]:
    """Return the kind of a name, and the name without a kind.

    Args:
        cluster: the cluster.
        name: ``NAME``, ``sweepjob/NAME`` or ``sweeptrial/NAME``.

    Raises:
        CommandError: the kind is unknown, or both a sweep and a trial have the name.
    """
    kind, _, plain = name.rpartition("/")
    if kind:
        if kind not in (SWEEP, TRIAL):
            raise CommandError(f"'{kind}' is neither {SWEEP} nor {TRIAL}")
        return kind, plain
    if not cluster.has(names.SWEEPTRIALS, plain):
        return SWEEP, plain
    if cluster.has(names.SWEEPJOBS, plain):
        raise CommandError(
            f"'{plain}' is both a sweep and a trial; write {SWEEP}/{plain} or {TRIAL}/{plain}"
        )
    return TRIAL, plain


def _add(
    parser: argparse.ArgumentParser, metavar: str, kinds: tuple[str, ...], more: dict[str, Any]
) -> None:
    action = parser.add_argument("name", metavar=metavar, **more)
    vars(action)["completer"] = _completer(kinds)  # where argcomplete looks for it
    add_cluster_flags(parser)


def _completer(kinds: tuple[str, ...]) -> Completer:
    def complete(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
        cluster = Kubectl.of(parsed_args)
        try:
            return [name for kind in kinds for name in cluster.names(kind)]
        except CommandError:
            return []  # a completion cannot show errors

    return complete
