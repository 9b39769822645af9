"""The examples of the migration guides."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs" / "how-to"


BLOCK = re.compile(r"```(\w+)[^\n]*\n(.*?)```", re.DOTALL)


def blocks(page: str) -> tuple[dict[str, str], list[str]]:
    """Return the files of an example by name, and its shell scripts."""
    text = (DOCS / page).read_text()
    files: dict[str, str] = {}
    scripts: list[str] = []
    for found in BLOCK.finditer(text):
        if found.group(1) == "sh":
            scripts.append(found.group(2))
            continue
        before = text[: found.start()].rstrip().rpartition("\n\n")[2]
        names = re.findall(r"`(\w+\.(?:py|yaml))`", before)
        assert names, before
        files[names[-1]] = found.group(2)
    return files, scripts
