"""Parsing of Python modules in tests."""

from __future__ import annotations

import ast
import gc


def syntax_tree(text: str) -> ast.Module:
    """Parse a module while no garbage is collected.

    A killed operator that is collected in between may log a traceback, which parses lines of code: Python
    3.11 then fails with "AST constructor recursion depth mismatch".

    Args:
        text: a Python module.
    """
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()
