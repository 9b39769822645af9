"""Finds Azure's private modules, and says that imports of its other packages stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ..sdk.workspace.unsupported import unsupported
from ..virtual_modules import VirtualModule, add_finder

_ROOT = f"{__package__}."
_CLIENT = f"{__package__}.ai.ml"
_PREVIEW = f"{__package__}.ml"
_OTHERS = ("data_transfer", "finetuning", "identity", "model_customization", "operations")
_PUBLIC = (_CLIENT, f"{_CLIENT}.sweep", f"{_CLIENT}.entities", f"{_CLIENT}.constants")


def _private_module(azure: str) -> VirtualModule:
    """Return a module such as ``azure.ai.ml.entities._inputs_outputs``, with the public names."""

    def find(name: str) -> Any:
        for public in map(import_module, _PUBLIC):
            if hasattr(public, name):
                return getattr(public, name)
        reason = (
            f"{azure} is private in Azure's client; import a public name from azure.ai.ml, .sweep or "
            ".entities"
        )
        return unsupported(name, reason)

    return VirtualModule(find)


def _preview_module(azure: str) -> VirtualModule:
    """Return a module such as ``azure.ml.entities``: the client's name before its release.

    Raises:
        ModuleNotFoundError: the client has no such module.
    """
    module = import_module(f"{_CLIENT}{azure.removeprefix('azure.ml')}")
    return VirtualModule(lambda name: getattr(module, name))


def _other_module(azure: str) -> VirtualModule:
    """Return a module of Azure's client that is not about training: a use of its names is refused."""
    reason = f"{azure} has no counterpart here; remove the code that uses it"
    return VirtualModule(lambda name: unsupported(name, reason))


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
        if name == _PREVIEW or name.startswith(f"{_PREVIEW}."):
            return ModuleSpec(name, _preview_module(azure), is_package=True)
        if not name.startswith(f"{_CLIENT}."):
            message = f"{azure}: is no part of Azure ML's client; import it from azure, as before"
        elif any(part.startswith("_") for part in name.removeprefix(_CLIENT).split(".")):
            return ModuleSpec(name, _private_module(azure), is_package=True)
        elif name.removeprefix(f"{_CLIENT}.").split(".")[0] in _OTHERS:
            return ModuleSpec(name, _other_module(azure), is_package=True)
        else:
            message = (
                f"{azure}: is not available here; remove this import and the code that uses it"
            )
        raise ModuleNotFoundError(message, name=name)


def install() -> None:
    """Add the finder, once."""
    add_finder(_MissingModules)
