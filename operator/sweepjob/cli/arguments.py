"""Arguments that name a sweep or a trial; the shell completes them from the cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ..api import names
from ..loading.errors import Unusable
from .kubectl import Kubectl, add_flags

Completer = Callable[..., list[str]]
SWEEP, TRIAL = "sweepjob", "sweeptrial"


def add_sweep(parser: argparse.ArgumentParser, **more: Any) -> None:
    """The name of a sweep, and where it is."""
    _add(parser, "SWEEP", (names.SWEEPJOBS,), more)


def add_trial(parser: argparse.ArgumentParser) -> None:
    """The name of a trial, and where it is."""
    _add(parser, "TRIAL", (names.SWEEPTRIALS,), {})


def add_either(parser: argparse.ArgumentParser) -> None:
    """The name of a sweep or a trial, and where it is."""
    _add(parser, "SWEEP|TRIAL", (names.SWEEPJOBS, names.SWEEPTRIALS), {})


def kind_of(cluster: Kubectl, name: str) -> tuple[str, str]:
    """Whether a name is a sweep's or a trial's, and the name without the kind in front.

    Args:
        name: ``NAME``, ``sweepjob/NAME`` or ``sweeptrial/NAME``.

    Raises:
        Unusable: it is both, or neither.
    """
    kind, _, plain = name.rpartition("/")
    if kind:
        if kind not in (SWEEP, TRIAL):
            raise Unusable(f"'{kind}' is neither {SWEEP} nor {TRIAL}")
        return kind, plain
    if not cluster.has(names.SWEEPTRIALS, plain):
        return SWEEP, plain
    if cluster.has(names.SWEEPJOBS, plain):
        raise Unusable(
            f"'{plain}' is both a sweep and a trial; write {SWEEP}/{plain} or {TRIAL}/{plain}"
        )
    return TRIAL, plain


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
