"""Shows changing lines: in place in a terminal, otherwise as a log of the changes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .escaping import escape_controls
from .highlight import for_stream
from .table import print_output


@contextlib.contextmanager
def live_display() -> Iterator[Callable[[list[str]], None]]:
    """Return a function that replaces the lines on the terminal; without one, it prints what changed."""
    if not sys.stdout.isatty():
        yield _ChangeLog().print_changes
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(highlight=False), auto_refresh=False) as live:

        def replace_lines(lines: list[str]) -> None:
            text = for_stream(escape_controls("\n".join(lines)))
            shown = Text.from_ansi(text, no_wrap=True, overflow="ellipsis")
            live.update(shown, refresh=True)

        yield replace_lines


class _ChangeLog:
    """Prints the line of progress and the warnings when they change, for pipes and files."""

    def __init__(self) -> None:
        self._last: list[str] = []

    def print_changes(self, lines: list[str]) -> None:
        line = f"{lines[0].split('   ')[1]}: {lines[1].split('  ', 1)[1]}"
        best = next((line for line in lines if line.startswith("best:")), "")
        alerts = [line for line in lines if line.startswith("! ")]
        current = [f"{line}; {best}" if best else line, *alerts]
        changed = [line for line in current if line not in self._last]
        if changed:
            print_output("\n".join(changed))
            sys.stdout.flush()
        self._last = current
