"""Chooses the line of a log that says why a script failed.

It is usually the last one. Libraries that read arguments or configurations write hints and borders
behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_BORDER = "│┃|╭╮╰╯┌┐└┘─━ \t"
# Of Hydra, Fire, tyro, jsonargparse, click, pydantic and Rust.
_HINT = re.compile(
    r"Set the environment variable HYDRA_FULL_ERROR|See https?://|full_key: |object_type=|Usage:|usage:"
    r"|For (?:further|more|full|detailed|usage)\b|.{0,200}--help\b|note: "
)
_ERROR = re.compile(r"(?:[\w.]*(?:Error|Exception|ERROR|error)): \S|[\w.]+(?:Error|Exception)$")


def failure_line(lines: Sequence[str]) -> str:
    """Return the line that says why, without a border around it.

    Args:
        lines: the last lines of a log, none of them empty; at least one.
    """
    bare = [line.strip(_BORDER) for line in lines]
    kept = len(bare)
    while kept and (not any(map(str.isalnum, bare[kept - 1])) or _HINT.match(bare[kept - 1])):
        kept -= 1
    if kept in (0, len(bare)):
        return bare[-1] or lines[-1]
    errors = [line for line in bare[:kept] if _ERROR.search(line)]
    return errors[-1] if errors else bare[kept - 1]
