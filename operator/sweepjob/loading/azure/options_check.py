"""Refuses options of a conversion that name nothing in the file."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from .conversion import Conversion


def reject_unused_options(
    conversion: Conversion, inputs: Collection[str], outputs: Collection[str]
) -> None:
    """Reject ``--input`` and ``--output`` for names that the file does not have.

    Args:
        conversion: has the options, and receives the errors.
        inputs: names of the file's inputs.
        outputs: names of the file's outputs.
    """
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
                conversion.section({}, flag).reject("", f"{name}={value}", message)


def reject_command(conversion: Conversion) -> None:
    """Reject ``--command`` for a file that has a command."""
    if conversion.options.command is not None:
        message = "the file has a command; only a HyperDrive file of v1 has none"
        conversion.section({}, "--command").reject("", conversion.options.command, message)
