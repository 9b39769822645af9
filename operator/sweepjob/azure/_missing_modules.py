"""Finds Azure's private modules, and says that imports of its other packages stay as they are."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ..sdk.workspace.unsupported import unsupported

_ROOT = f"{__package__}."
_CLIENT = f"{__package__}.ai.ml"
_OTHERS = ("data_transfer", "finetuning", "identity", "model_customization", "operations")
_PUBLIC = (_CLIENT, f"{_CLIENT}.sweep", f"{_CLIENT}.entities", f"{_CLIENT}.constants")


class _PrivateModule(Loader):
    """Loads a module such as ``azure.ai.ml.entities._inputs_outputs``, with the public names."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None, for an ordinary module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module find its names in the public modules."""
        azure = module.__name__.removeprefix("sweepjob.")

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            for public in map(import_module, _PUBLIC):
                if hasattr(public, name):
                    return getattr(public, name)
            reason = (
                f"{azure} is private in Azure's client; import a public name from azure.ai.ml, .sweep or "
                ".entities"
            )
            return unsupported(name, reason)

        module.__getattr__ = find  # type: ignore[method-assign] # of this module alone, PEP 562


class _OtherModule(Loader):
    """Loads a module of Azure's client that is not about training: a use of its names is refused."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return None, for an ordinary module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let every name be imported."""
        azure = module.__name__.removeprefix("sweepjob.")

        def find(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return unsupported(
                name, f"{azure} has no counterpart here; remove the code that uses it"
            )

        module.__getattr__ = find  # type: ignore[method-assign] # of this module alone, PEP 562


class _MissingModules(MetaPathFinder):
    """The last finder: what comes to it was not found by the others."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a private or another module of ``azure.ai.ml``, or raise an error for other packages.

        Raises:
            ModuleNotFoundError: there is no such module; the message says what to do.
        """
        if not name.startswith(_ROOT):
            return None
        azure = name.removeprefix("sweepjob.")
        if not name.startswith(f"{_CLIENT}."):
            message = f"{azure}: is no part of Azure ML's client; import it from azure, as before"
        elif any(part.startswith("_") for part in name.removeprefix(_CLIENT).split(".")):
            return ModuleSpec(name, _PrivateModule(), is_package=True)
        elif name.removeprefix(f"{_CLIENT}.").split(".")[0] in _OTHERS:
            return ModuleSpec(name, _OtherModule(), is_package=True)
        else:
            message = (
                f"{azure}: is not available here; remove this import and the code that uses it"
            )
        raise ModuleNotFoundError(message, name=name)


def install() -> None:
    """Add the finder, once."""
    if not any(isinstance(finder, _MissingModules) for finder in sys.meta_path):
        sys.meta_path.append(_MissingModules())
