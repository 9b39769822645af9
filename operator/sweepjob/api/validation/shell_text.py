"""The text of a shell command without its comments and quotations, in which nothing is syntax.

One expression finds them all, since each may contain the characters of the others, as ``# it's`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PIECE = re.compile(
    r"(?P<comment>(?:^|(?<=[\s;&|(]))#[^\n]*)"
    r"|(?P<single>'[^']*')"
    r"|(?P<double>\"(?:\\.|[^\"\\])*\")"
    r"|(?P<continued>\\\n)"
    r"|(?P<escaped>\\.)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\.", re.DOTALL)
QUOTED = "QUOTED"  # stands for a quotation


def without_quotations(text: str, shown: Callable[[str], str] = lambda _: QUOTED) -> str:
    """Return a command without comments and continued lines.

    Args:
        text: the command.
        shown: returns what stands for a quotation or an escaped character.
    """

    def replaced(match: re.Match[str]) -> str:
        return "" if match.lastgroup in ("comment", "continued") else shown(match[0])

    return _PIECE.sub(replaced, text)


def expanded_text(text: str) -> str:
    """Return a command with its double quotes, in which a shell expands variables.

    Args:
        text: the command.
    """
    return without_quotations(
        text, lambda quoted: _ESCAPED.sub(QUOTED, quoted) if quoted[0] == '"' else QUOTED
    )
