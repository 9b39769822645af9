"""Refuses options of a conversion that name nothing in the file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from ...api.parsing.problem import Problem
from .conversion import Conversion


def reject_unused_options(conversions: Sequence[Conversion]) -> None:
    """Reject ``--input`` and ``--output`` for names that a file does not have.

    Args:
        conversions: those of the file's sweeps, with the known names; each receives the errors.
    """
    inputs = [name for one in conversions for name in one.known_inputs]
    outputs = [name for one in conversions for name in one.known_outputs]
    for conversion in conversions:
        _reject_unused(conversion, inputs, outputs)


def _reject_unused(
    conversion: Conversion, inputs: Collection[str], outputs: Collection[str]
) -> None:
    options = conversion.options
    for flag, given, known in (
        ("--input", options.inputs, inputs),
        ("--output", options.outputs, outputs),
    ):
        for name, value in given.items():
            if name not in known:
                close = get_close_matches(name, known, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                listed = ", ".join(dict.fromkeys(known)) or "none"
                message = f"the file has no such {flag[2:]}; there are: {listed}{hint}"
                conversion.problems.append(Problem(flag, f"{name}={value}", message))


def reject_command(conversion: Conversion) -> None:
    """Reject ``--command`` for a file that has a command."""
    if conversion.options.command is not None:
        message = "the file has a command; only a HyperDrive file of v1 has none"
        conversion.section({}, "--command").reject("", conversion.options.command, message)
