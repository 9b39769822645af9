"""Draws lines over those before them, in a terminal; elsewhere prints what is new of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .escaping import visible
from .table import say


@contextlib.contextmanager
def terminal() -> Iterator[Callable[[list[str]], None]]:
    """Something that shows lines in place of those before; without a terminal, what is new of them."""
    if not sys.stdout.isatty():
        yield _Log().show
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(highlight=False), auto_refresh=False) as live:
        yield lambda lines: live.update(Text(visible("\n".join(lines)), no_wrap=True), refresh=True)


class _Log:
    """For pipes and files: the line of progress, and troubles, whenever they say something else."""

    def __init__(self) -> None:
        self._last: list[str] = []

    def show(self, lines: list[str]) -> None:
        line = f"{lines[0].split('   ')[1]}: {lines[1].split('  ', 1)[1]}"
        best = next((line for line in lines if line.startswith("best:")), "")
        troubles = [line for line in lines if line.startswith("! ")]
        standing = [f"{line}; {best}" if best else line, *troubles]
        news = [said for said in standing if said not in self._last]
        if news:
            say("\n".join(news))
            sys.stdout.flush()
        self._last = standing
