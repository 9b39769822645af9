"""The files that the page is made of: its own modules and styles, and the vendored libraries."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from .module_bundle import join_modules

_ROOT = files(__package__)
STYLES = ("vendor/tabulator_simple.min.css", "static/style.css")
# Classic scripts, which define ``echarts`` and ``Tabulator``.
LIBRARIES = ("vendor/echarts.min.js", "vendor/tabulator.min.js")
# The modules that a served page and a report start with, and the one that requests the document early.
LIVE_ENTRY, REPORT_ENTRY = "static/live.js", "static/report.js"
PREFETCH = "static/prefetch.js"


def read_asset(path: str) -> str:
    """Return the text of a file.

    Args:
        path: the path below the package, such as ``static/style.css``.
    """
    found: Traversable = _ROOT
    for part in path.split("/"):
        found = found / part
    return found.read_text(encoding="utf-8")


def joined_script(entry: str) -> str:
    """Return a module and all that it imports as one script: one request instead of eighty."""
    return join_modules(entry, read_asset)


def report_script() -> str:
    """Return all modules of a report as one script."""
    return joined_script(REPORT_ENTRY)


def render_page(head: str, body: str) -> str:
    """Return the page's HTML with these elements in its head and at the end of its body."""
    html = read_asset("static/index.html")
    return html.replace("<!--head-->", head).replace("<!--body-->", body)
