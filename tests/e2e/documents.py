"""What is in the documentation: its YAML and its commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import layout

ROOT = layout.PROJECT
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_FENCE = re.compile(r"^```(.*?)$\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = ("kubectl", "sweepjob", "helm", "make", "pip", "sh", "python", "source", "SWEEPJOB_")
_INLINE = re.compile(r"`((?:kubectl|sweepjob|helm) [^`]+)`")


@dataclass(frozen=True)
class Piece:
    """A piece of a page.

    Attributes:
        kind: what its fence says after the language: whose object it is, empty for ours.
    """

    page: Path
    text: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0]}"


def yaml_pieces() -> Iterator[Piece]:
    """Every block of YAML."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text()):
            if language.split()[:1] == ["yaml"]:
                yield Piece(page, text, " ".join(language.split()[1:]))


def commands() -> Iterator[Piece]:
    """Every command that stands in a line of its own, indented, with its continuations."""
    for page in PAGES:
        text = _FENCE.sub("", page.read_text()).replace("\\\n", "")
        for line in text.splitlines():
            words = line.removeprefix("    ").lstrip("$ ").split("  #")[0].split()
            if line.startswith("    ") and words and words[0].startswith(_PROGRAMS):
                yield Piece(page, " ".join(words))


def inline_commands() -> dict[str, Piece]:
    """Every command within a sentence or a table, once."""
    found: dict[str, Piece] = {}
    for page in PAGES:
        text = re.sub(r" *\n *", " ", _FENCE.sub("", page.read_text()))
        for command in _INLINE.findall(text):
            found.setdefault(command, Piece(page, command))
    return found


def links() -> Iterator[tuple[Path, str]]:
    """Every link to another file, with its page."""
    for page in (
        *PAGES,
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs" / "decisions").glob("*.md")),
    ):
        for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", page.read_text())):
            if not target.startswith(("http://", "https://")):
                yield page, target
