"""Modules without a file, whose names a function finds (PEP 562).

The packages that mirror Azure's clients have many of them: private modules, and modules of other
packages. It runs on Python 3.8, as the training script's part of those packages does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class VirtualModule(Loader):
    """Loads a module of which every name but those of Python is found by a function.

    Args:
        find: returns the object with a name; raises AttributeError or ImportError.
    """

    def __init__(self, find: Callable[[str], Any]) -> None:
        self._find = find

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None, for an ordinary module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module find its names."""

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return self._find(name)

        module.__getattr__ = find  # type: ignore[method-assign] # of this module alone, PEP 562


def add_finder(finder: type[MetaPathFinder]) -> None:
    """Add a finder behind the others, once.

    Args:
        finder: its class.
    """
    if not any(isinstance(known, finder) for known in sys.meta_path):
        sys.meta_path.append(finder())
