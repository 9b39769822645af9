"""Names of Azure's client without a meaning here: imported freely, refused with advice when used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ..arguments import ArgumentError

_SERVING = "models are served by other means, e.g. KServe, from the files of the best trial"
_SCHEDULE = (
    "schedule it with a CronJob or Argo Workflows that creates the object of sweep.to_manifest()"
)
_REASONS = (
    ("Endpoint", _SERVING),
    ("Deployment", _SERVING),
    ("CodeConfiguration", _SERVING),
    ("OnlineRequestSettings", _SERVING),
    ("ProbeSettings", _SERVING),
    *((word, _SCHEDULE) for word in ("Schedule", "Trigger", "Recurrence")),
    ("Job", "only sweeps and commands are supported"),
    ("Datastore", "the Azure map has datastores: datastore: {NAME: {claim: CLAIM}}"),
    ("Component", "load_component reads components of commands"),
)
_OTHERWISE = "nothing here corresponds to it; remove this statement"


class _UnsupportedNames(type):
    """Refuses the members of a class of Azure's, such as those of an enumeration."""

    _name = "it"
    _reason = ""

    def __getattr__(cls, name: str) -> Any:
        """Refuse a member.

        Raises:
            AttributeError: the name is private.
            ArgumentError: the class is not supported.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        reason = cls._reason or reason_for(cls._name)
        raise ArgumentError(f"{cls._name}.{name}: is not supported: {reason}")


class Unsupported(metaclass=_UnsupportedNames):
    """Stands for a class or a function of Azure's. Calling it raises ArgumentError."""

    _name = "it"
    _reason = ""

    def __init__(self, *_: Any, **__: Any) -> None:
        reason = self._reason or reason_for(self._name)
        raise ArgumentError(f"{self._name}: is not supported: {reason}")


def reason_for(name: str) -> str:
    """Return why a name of Azure's is not supported, and what to do instead."""
    return next((reason for word, reason in _REASONS if word in name), _OTHERWISE)


def unsupported_names(
    module: str, names: Collection[str], reason: str = ""
) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a module that has Azure names.

    Args:
        module: name of the module.
        names: the names that can be imported.
        reason: why they are not supported; by default by their words.
    """

    def __getattr__(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return unsupported(name, reason, module)

    return __getattr__


def unsupported(name: str, reason: str, module: str = __name__) -> type[Unsupported]:
    """Return a class of which every use is refused.

    Args:
        name: name of the class.
        reason: why it is not supported, and what to do; by default by the words of its name.
        module: the module that has it.
    """
    return type(name, (Unsupported,), {"_name": name, "_reason": reason, "__module__": module})
