"""How notebooks and IPython display the objects of the SDK: as HTML, and as text in a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from ..render.table import format_table
from .notebook import html_table

Item = TypeVar("Item")


class Displayed:
    """An object that a notebook displays as HTML, and IPython in a terminal as text.

    A subclass implements ``_display``.
    """

    def _display(self) -> tuple[str, str]:
        """Return HTML and text; both are of the same moment."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self._display()[0]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the forms of the object; see ``IPython.display``.

        Args:
            include: media types that are wanted; all by default.
            exclude: media types that are not wanted.
        """
        markup, text = self._display()
        forms = {"text/html": markup, "text/plain": text}
        wanted = set(include or forms) - set(exclude or ())
        return {kind: form for kind, form in forms.items() if kind in wanted}


class Table(list[Item], Displayed):
    """A list whose items are displayed as rows of a table.

    Args:
        items: the items.
        columns: names of the columns.
        rows: a row of cells for each item.
    """

    def __init__(
        self, items: Iterable[Item], columns: Iterable[str], rows: Iterable[Iterable[str]]
    ) -> None:
        super().__init__(items)
        self._columns, self._rows = [*columns], [[*row] for row in rows]

    def _display(self) -> tuple[str, str]:
        text = format_table([name.upper() for name in self._columns], self._rows)
        return html_table(self._columns, self._rows), text or "none"
