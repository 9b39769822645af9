"""Objects whose attributes can be assigned after construction, and whose misspelt ones are errors."""

from __future__ import annotations

from functools import wraps
from typing import Any

from ..sdk.attributes import KnownAttributes


class CheckedAttributes(KnownAttributes):
    """Accepts assignments to the attributes that ``__init__`` has set; others are an AttributeError.

    In Python an assignment to a misspelt attribute creates it, and nothing says that it has no effect.
    """

    _is_constructed = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = cls.__dict__.get("__init__")
        if own is not None:
            cls.__init__ = _then_check(own, cls)  # type: ignore[method-assign] # wrapped

    def __setattr__(self, name: str, value: Any) -> None:
        if self._is_constructed:
            super().__setattr__(name, value)
        else:
            object.__setattr__(self, name, value)


def _then_check(initialize: Any, cls: type) -> Any:
    """Return ``__init__`` that switches the check on when the outermost class is constructed."""

    @wraps(initialize)
    def checked(self: Any, *args: Any, **options: Any) -> None:
        initialize(self, *args, **options)
        if type(self) is cls:
            public = {name for name in (*vars(self), *dir(cls)) if not name.startswith("_")}
            object.__setattr__(self, "_ATTRIBUTES", frozenset(public))
            object.__setattr__(self, "_is_constructed", True)

    return checked
