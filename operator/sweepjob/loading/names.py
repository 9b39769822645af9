"""Names of parameters, for tools whose names may have other characters."""

from __future__ import annotations

import re
from collections.abc import Container

from ..api.parsing.size_limits import NAME_LIMIT
from .azure.conversion import Section


def parameter_name(section: Section, name: str, taken: Container[str]) -> str:
    """Return a valid name for a parameter, with a note if it is another one.

    Args:
        section: the parameter, for messages.
        name: its name in the file.
        taken: names that other parameters have already; a second one is rejected.
    """
    ours = re.sub(r"[^A-Za-z0-9_]", "_", name)[:NAME_LIMIT]
    if ours[:1].isdigit():
        ours = f"_{ours}"[:NAME_LIMIT]
    if ours != name:
        message = f"is named {ours} here: names of parameters have letters, digits and _"
        section.note("", name, message)
    if ours in taken:
        section.reject("", name, f"is the second parameter that is named {ours} here")
    return ours
