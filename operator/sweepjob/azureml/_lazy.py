"""Imports the modules and names of a package on first use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any


def submodule(package: str, name: str, modules: Collection[str]) -> Any:
    """Return a module of a package.

    Args:
        package: Name of the package.
        name: Name of the module.
        modules: The modules of the package.

    Raises:
        AttributeError: The package has no such module.
    """
    if name in modules:
        return import_module(f"{package}.{name}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def public_name(package: str, name: str, homes: Mapping[str, str]) -> Any:
    """Return a name of a package, or one of its modules.

    Args:
        package: Name of the package.
        name: The name.
        homes: Module by name.

    Raises:
        AttributeError: The package has no such name.
    """
    if name in homes:
        return getattr(import_module(f"{package}.{homes[name]}"), name)
    return submodule(package, name, frozenset(homes.values()))
