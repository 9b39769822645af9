"""Joins the page's ES modules into one script, for a report.

A report is one file, and a browser loads no module from ``file://``. Each module becomes a function that
is called once and returns the module's exports; an import becomes a destructuring of what it returned::

    const module1 = (() => {
    const formatNumber = (value) => ...;
    return { formatNumber };
    })();

So names that are not exported stay private to their module. This is correct for the subset of the
language that the page's modules use, and everything else is refused: an import lists names, from a
relative path, at the start of a line; an export is a declaration with ``const``, ``function``,
``async function`` or ``class``. A bundler such as esbuild joins any module, but this package would need
its binary wherever a report is written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|function|async function) (\w+))", re.MULTILINE)
_REFUSED = re.compile(
    r"^(?:import|export)\b|\bimport\s*\(|\bimport\.meta\b|</script|<!--",
    re.MULTILINE | re.IGNORECASE,
)


class UnsupportedModule(Exception):
    """A module uses a part of the language that cannot be joined, or imports itself."""


def module_order(entry: str, read: Callable[[str], str]) -> list[str]:
    """Return the paths of a module and of all that it imports, each after those that it needs.

    Args:
        entry: path of the module.
        read: returns the text of a module by its path.

    Raises:
        UnsupportedModule: modules import each other in a cycle.
    """
    order: list[str] = []
    open_paths: list[str] = []

    def visit(path: str) -> None:
        if path in order:
            return
        if path in open_paths:
            raise UnsupportedModule(f"{' -> '.join([*open_paths, path])}: a circular import")
        open_paths.append(path)
        for imported in imports_of(path, read(path)):
            visit(imported)
        open_paths.pop()
        order.append(path)

    visit(entry)
    return order


def imports_of(path: str, text: str) -> list[str]:
    """Return the paths of the modules that a module imports."""
    return [_resolve(path, specifier) for _, specifier in _IMPORT.findall(text)]


def join_modules(entry: str, read: Callable[[str], str]) -> str:
    """Return a script that does the same as a module and all that it imports.

    Args:
        entry: path of the module.
        read: returns the text of a module by its path.

    Raises:
        UnsupportedModule: a module uses syntax that cannot be joined.
    """
    order = module_order(entry, read)
    names = {path: f"module{number}" for number, path in enumerate(order)}
    return "\n".join(_as_function(path, read(path), names) for path in order)


def _as_function(path: str, text: str, names: dict[str, str]) -> str:
    def as_destructuring(found: re.Match[str]) -> str:
        imported = re.sub(r"\s+as\s+", ": ", found[1])
        return f"const {{{imported}}} = {names[_resolve(path, found[2])]};"

    exported = _EXPORT.findall(text)
    body = _EXPORT.sub("", _IMPORT.sub(as_destructuring, text))
    if refused := _REFUSED.search(body):
        raise UnsupportedModule(f"{path}: {refused[0]!r} cannot be part of a report")
    return f"const {names[path]} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _resolve(path: str, specifier: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), specifier))
