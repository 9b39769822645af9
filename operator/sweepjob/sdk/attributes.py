"""Attributes that are set after construction: they take effect, or raise AttributeError."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any, Dict  # noqa: UP035 for images with Python 3.8, which import azureml.core


class KnownAttributes:
    """Refuses to set attributes that a class does not have, and names the right one.

    A dataclass has its fields. Other classes list their attributes in ``_ATTRIBUTES``.
    """

    _ATTRIBUTES: frozenset[str] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        """Keep objects hashable: programs have them as default values in dataclasses."""
        super().__init_subclass__(**options)
        if "__hash__" not in vars(cls):
            cls.__hash__ = _hash_of_class  # type: ignore[method-assign,assignment] # of object

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute.

        Raises:
            AttributeError: there is no such attribute; the message has the right name.
        """
        if not name.startswith("_") and name not in attributes_of(self):
            raise AttributeError(unknown_attribute(self, name), name=name, obj=self)
        super().__setattr__(name, value)


def _hash_of_class(owner: Any) -> int:
    """Return the same for equal objects, whatever attributes are set later."""
    return hash(type(owner))


def attributes_of(owner: Any) -> list[str]:
    """Return the names of the attributes of an object that can be set."""
    found = [field.name for field in fields(owner)] if is_dataclass(owner) else []
    found += sorted(getattr(owner, "_ATTRIBUTES", ()))
    found += [
        name
        for kind in type(owner).__mro__
        for name, value in vars(kind).items()
        if getattr(value, "fset", None) is not None or hasattr(type(value), "__set__")
    ]
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]


def unknown_attribute(owner: Any, name: str) -> str:
    """Return the message for an attribute that an object does not have.

    Args:
        owner: the object.
        name: the name that was set.
    """
    known = attributes_of(owner)
    parts = [part for part in known if part in _PARTS]
    for part in parts:
        if name in attributes_of(vars(owner).get(part) or vars(owner).get(f"_{part}")):
            return f"{type(owner).__name__} has no attribute {name!r}; set {part}.{name}"
    close = get_close_matches(name, known, 1)
    remedy = f"did you mean {close[0]}?" if close else f"there are: {', '.join(sorted(known))}"
    return f"{type(owner).__name__} has no attribute {name!r}; {remedy}"


# Attributes whose own attributes are searched for a name.
_PARTS = ("limits", "objective", "early_termination", "sampling_algorithm", "trial", "resources")


class NamedValues(Dict[str, Any]):  # noqa: UP006 as above
    """Inputs or outputs by name, which are attributes as well: ``job.inputs.lr``."""

    def __getattr__(self, name: str) -> Any:
        """Return a value by name.

        Raises:
            AttributeError: there is none; the message has the names.
        """
        if name.startswith("__") or name not in self:
            listed = ", ".join(self) or "none"
            raise AttributeError(f"no {name!r}; there are: {listed}", name=name, obj=self)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a value by name."""
        self[name] = value

    def __delattr__(self, name: str) -> None:
        """Delete a value by name."""
        del self[name]
