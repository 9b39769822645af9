"""The line of a log that says why a script failed, with what usual libraries write."""

from __future__ import annotations

import pytest
from sweepjob.api.messages.no_result import summary_of

_HYDRA = "Set the environment variable HYDRA_FULL_ERROR=1 for a complete stack trace."


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (["epoch 1", "ValueError: no column: x"], "ValueError: no column: x"),
        (["usage: t.py [-h]", "t.py: error: unrecognized arguments: true"], "t.py: error: unrecognized arguments: true"),
        (["RuntimeError: retried", "no data in /data"], "no data in /data"),
        (["LexerNoViableAltException: +name=é", "       ^", "See https://hydra.cc/docs", _HYDRA], "LexerNoViableAltException: +name=é"),
        (["Error executing job with overrides: ['lr=1']", "Traceback (most recent call last):", "ValueError: bad", "", _HYDRA], "ValueError: bad"),
        (["Could not override 'lr'.", "To append to your config use +lr=1", "Key 'lr' is not in struct", "    full_key: lr", "    object_type=dict", _HYDRA], "Key 'lr' is not in struct"),
        (["Usage: t.py [OPTIONS]", "Try 't.py --help' for help.", "╭─ Error ─────────╮", "│ No such option: --lr │", "╰─────────────────╯"], "No such option: --lr"),
        (["╭─ Unrecognized options ─╮", "│ Unrecognized options: --x │", "│ ──────── │", "│ For full helptext, run t.py --help │", "╰─────╯"], "Unrecognized options: --x"),
        (["ERROR: Could not consume arg: --flag", "Usage: t.py LR", "", "For detailed information on this command, run:", "  t.py --help"], "ERROR: Could not consume arg: --flag"),
        (["Traceback (most recent call last):", "AssertionError"], "AssertionError"),
        (["pydantic.ValidationError: 1 validation error for S", "lr", "    For further information visit https://errors.pydantic.dev"], "pydantic.ValidationError: 1 validation error for S"),
        (["-----"], "-----"),
        (["usage: t.py"], "usage: t.py"),
    ],
)  # fmt: skip
def test_the_line_that_says_why(log: list[str], why: str) -> None:
    message = "the trainer ended with exit code 1: " + "\n".join(log)
    assert summary_of(message) == f"the trainer ended with exit code 1: {why}"
