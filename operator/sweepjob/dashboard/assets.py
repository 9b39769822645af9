"""The files that a page is made of: ours, and the libraries that are vendored."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

_ROOT = files(__package__)
STYLES = ("vendor/tabulator_simple.min.css", "static/style.css")
# Asks for a sweep's document while the others are still being read.
EARLY = "static/early.js"
# In the order in which they need each other.
SCRIPTS = (
    "vendor/echarts.min.js",
    "vendor/tabulator.min.js",
    *(
        f"static/{name}.js"
        for name in (
            *("core", "model", "chart", "history", "leaderboard", "curves", "parallel"),
            *("importance", "timeline", "cost", "log", "trial", "compare", "header"),
            *("sweeps", "sources", "app"),
        )
    ),
)


def asset(path: str) -> str:
    """The text of a file."""
    found: Traversable = _ROOT
    for part in path.split("/"):
        found = found / part
    return found.read_text(encoding="utf-8")


def page(head: str, body: str) -> str:
    """The page with these elements in its head and at the end of its body."""
    text = asset("static/index.html")
    return text.replace("<!--head-->", head).replace("<!--body-->", body)
