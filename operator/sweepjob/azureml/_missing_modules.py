"""Says of a module of Azure's client that is not here that it is no part of sweeps."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_PREFIX = f"{__package__}."


class _MissingModules(MetaPathFinder):
    """The last finder: what comes to it was not found by the others."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Raise an error for a module below ``sweepjob.azureml``.

        Args:
            name: Name of the module.
            path: Path of its package.
            target: Not used.

        Raises:
            ModuleNotFoundError: always for these modules.
        """
        if name.startswith(_PREFIX):
            azure = f"azureml.{name[len(_PREFIX) :]}"
            message = (
                f"{azure}: is not available here; remove this import and the code that uses it"
            )
            raise ModuleNotFoundError(message, name=name)


def install() -> None:
    """Add the finder, once."""
    if not any(isinstance(finder, _MissingModules) for finder in sys.meta_path):
        sys.meta_path.append(_MissingModules())
