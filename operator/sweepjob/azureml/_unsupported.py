"""Placeholders for classes of Azure's client without an equivalent: they can be imported, not used."""

from __future__ import annotations

from typing import Any

from .exceptions import NotSupported


class _Unsupported(type):
    """A class whose use raises an error."""

    _remedy = ""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        raise NotSupported(f"{cls.__name__}(...): {cls._remedy}")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotSupported(f"{cls.__name__}.{name}: {cls._remedy}")


def unsupported(name: str, remedy: str) -> Any:
    """Return a class of which every use raises :class:`NotSupported`.

    An exception is one that nothing raises: ``except`` takes no other class.

    Args:
        name: Name of the class.
        remedy: What to change.
    """
    if name.endswith(("Error", "Exception")):
        return type(name, (Exception,), {"__doc__": f"Is never raised: {remedy}."})
    return _Unsupported(name, (), {"_remedy": remedy, "__doc__": f"Not supported: {remedy}."})
