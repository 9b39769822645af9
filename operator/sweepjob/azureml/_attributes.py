"""Objects whose attributes can be assigned, and whose misspelt attributes are errors."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from ..training.unused_arguments import asks_for_another, level_of_the_program


class CheckedAttributes:
    """Accepts assignments to the attributes that ``__init__`` has set; others are an AttributeError.

    In Python an assignment to a misspelt attribute creates it, and nothing says that it has no effect.

    Attributes:
        _unused: why an assignment has no effect, by names of attributes with spaces between them.
    """

    _unused: ClassVar[Mapping[str, str]] = {}
    _is_constructed = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = cls.__dict__.get("__init__")
        if own is not None:
            cls.__init__ = _then_check(own, cls)  # type: ignore[method-assign] # its own one, wrapped

    def __setattr__(self, name: str, value: Any) -> None:
        known = [key for key in (*vars(self), *dir(type(self))) if not key.startswith("_")]
        if self._is_constructed and not name.startswith("_") and name not in known:
            raise AttributeError(unknown_attribute(type(self).__name__, name, known))
        if self._is_constructed:
            self._warn_of_no_effect(name, value)
        super().__setattr__(name, value)

    def _warn_of_no_effect(self, name: str, value: Any) -> None:
        for names, reason in self._unused.items():
            before = getattr(self, name) if name in names.split() else value
            if asks_for_another(value, before) or asks_for_another(before, value):
                where = f"{type(self).__name__}.{name}"
                warnings.warn(
                    f"{where} = {value!r}: not used: {reason}", stacklevel=level_of_the_program()
                )


def unknown_attribute(class_name: str, name: str, known: list[str]) -> str:
    """Return the message about an attribute that does not exist.

    Args:
        class_name: Name of the class.
        name: The attribute.
        known: The attributes that exist.
    """
    close = get_close_matches(name, known, 1, 0.6)
    remedy = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(set(known)))}"
    return f"{class_name} has no attribute {name!r}, so assigning it would have no effect; {remedy}"


def _then_check(initialize: Any, cls: type) -> Any:
    """Return ``__init__`` that switches the check on when the outermost class is constructed."""
    from functools import wraps

    @wraps(initialize)
    def checked(self: Any, *args: Any, **options: Any) -> None:
        initialize(self, *args, **options)
        if type(self) is cls:
            object.__setattr__(self, "_is_constructed", True)

    return checked
