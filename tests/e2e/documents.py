"""Finds the YAML blocks, commands and links of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import layout

ROOT = layout.PROJECT
DECISIONS = ROOT / "docs" / "explanation" / "decisions"
# Pages whose YAML and commands are tested. Decisions record what was tried, not what to run.
PAGES = (
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if DECISIONS.name not in p.parts),
)
# Other documents whose links are tested.
OTHERS = (
    *sorted(p for p in ROOT.glob("*.md") if p.name != "README.md"),
    *sorted(DECISIONS.glob("*.md")),
)
_FENCE = re.compile(r"^```(.*?)$\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = ("kubectl", "sweepjob", "helm", "make", "pip", "sh", "python", "source", "SWEEPJOB_")
_INLINE = re.compile(r"`((?:kubectl|sweepjob|helm) [^`]+)`")


@dataclass(frozen=True)
class Piece:
    """A YAML block or a command of a page.

    Attributes:
        kind: the title of the block: the tool that reads it. Blocks without a title are of SweepJobs.
    """

    page: Path
    text: str
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0]}"


def yaml_pieces() -> Iterator[Piece]:
    """Yields every block of YAML."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text()):
            if language.split()[:1] == ["yaml"]:
                title = re.search(r'title="([^"]*)"', language)
                yield Piece(page, text, title[1] if title else "")


def commands() -> Iterator[Piece]:
    """Yields every command in an indented line of its own, with its continuation lines."""
    for page in PAGES:
        text = _FENCE.sub("", page.read_text()).replace("\\\n", "")
        for line in text.splitlines():
            words = line.removeprefix("    ").lstrip("$ ").split("  #")[0].split()
            if line.startswith("    ") and words and words[0].startswith(_PROGRAMS):
                yield Piece(page, " ".join(words))


def inline_commands() -> dict[str, Piece]:
    """Returns every command in a sentence or a table, once."""
    found: dict[str, Piece] = {}
    for page in PAGES:
        text = re.sub(r" *\n *", " ", _FENCE.sub("", page.read_text()))
        for command in _INLINE.findall(text):
            found.setdefault(command, Piece(page, command))
    return found


def links() -> Iterator[tuple[Path, str]]:
    """Yields every link to another file, with its page."""
    for page in (*PAGES, *OTHERS):
        for target in re.findall(r"\]\(([^)\s]+)\)", _FENCE.sub("", page.read_text())):
            if not target.startswith(("http://", "https://")):
                yield page, target
