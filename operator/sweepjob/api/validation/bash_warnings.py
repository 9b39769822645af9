"""Warnings about syntax of bash in a command, which ``/bin/sh`` runs.

In images based on Debian and Ubuntu this is dash. It runs some of that syntax as something else, without
an error that ends the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...template import command
from ...template.references import replace_references
from ..parsing.problem import Problem
from .bash_syntax import ALSO_IN_DOUBLE_QUOTES, OUTSIDE_OF_QUOTES
from .shell_text import QUOTED, expanded_text, without_quotations

_PATH = "spec.trial.command"
_HERE_DOCUMENT = re.compile(r"(?<!<)<<(?!<)")
_FILE = "run a file that begins with #!/bin/bash"
_LIST = "a list, [bash, -c, SCRIPT]: #! in a command is a comment, and names no shell"
_MOST = 20_000  # characters of a command


def bash_warnings(text: str | tuple[str, ...]) -> Iterator[Problem]:
    """Yield a warning for each kind of syntax that not every ``/bin/sh`` has.

    Args:
        text: ``spec.trial.command``; an argument vector names its shell.
    """
    if not isinstance(text, str) or not command.needs_shell(text) or len(text) > _MOST:
        return
    plain = replace_references(command.normalize(text), lambda _: "REFERENCE")
    bare = without_quotations(plain)
    if _HERE_DOCUMENT.search(bare):
        return  # not analysed: any text may be in it
    instead = _LIST if plain.startswith("#!") else _FILE
    for searched, kinds in (
        (bare, OUTSIDE_OF_QUOTES),
        (expanded_text(plain), ALSO_IN_DOUBLE_QUOTES),
    ):
        for kind in kinds:
            found = kind.found.search(searched)
            if found and not _is_assigned(found[1], bare):
                message = (
                    "is syntax of bash, and /bin/sh runs the command; in images of Debian and Ubuntu it "
                    f"is dash, which {kind.effect}; write {kind.remedy}, or {instead}"
                )
                yield Problem(_PATH, found[1][:60].replace(QUOTED, "'...'"), message)


def _is_assigned(found: str, bare: str) -> bool:
    """Return whether it is a variable that the command itself sets."""
    name = found.strip("${}")
    return name.isidentifier() and re.search(rf"\b{name}=", bare) is not None
