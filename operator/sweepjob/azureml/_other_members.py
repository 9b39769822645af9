"""Azure's members of a class without an equivalent: ignored with a warning, or refused with advice."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..training.unused_arguments import level_of_the_program
from .exceptions import NotSupported


class OtherMembers:
    """Adds the names of Azure's members to a class.

    Attributes:
        _ignored: why a call has no effect, by names of methods.
        _refused: what to do instead, by names of methods and attributes.
    """

    _ignored: ClassVar[Mapping[str, str]] = {}
    _refused: ClassVar[Mapping[str, str]] = {}

    def __getattr__(self, name: str) -> Any:
        """Return a method without an effect, or refuse a member.

        Args:
            name: Name of the member.

        Raises:
            NotSupported: It has no equivalent.
            AttributeError: Azure's class has no such member.
        """
        member = f"{type(self).__name__}.{name}"
        for names, reason in self._ignored.items():
            if name in names.split():
                return _without_effect(member, reason)
        for names, remedy in self._refused.items():
            if name in names.split():
                raise NotSupported(f"{member}: {remedy}")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def _without_effect(member: str, reason: str) -> Callable[..., None]:
    def ignored(*_: Any, **azure: Any) -> None:
        warnings.warn(f"{member}: has no effect: {reason}", stacklevel=level_of_the_program())

    return ignored
