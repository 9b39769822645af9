"""Inputs and outputs of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..search.space import Scalar
from .arguments import ArgumentError, present
from .expressions import Expression, plain

_WEB = ("http://", "https://")


@dataclass
class Input:
    """Data that a script reads, by a path or an address that the trial can use as it is.

    Args:
        type, mode: for Azure's sake; nothing is downloaded or mounted.
        path: a path in the trial (of a volume, see ``command(volumes=...)``), or an address.
    """

    type: str = "uri_folder"
    path: str | None = None
    mode: str | None = None

    def value(self, name: str) -> str:
        """What the script gets.

        Raises:
            ArgumentError: it is in a store of Azure's.
        """
        path = self.path or ""
        if path.startswith(("/", *_WEB)):
            return path
        raise ArgumentError(
            f"inputs[{name!r}].path: {self.path!r}: there is no data store of Azure's here: mount the "
            "data with command(volumes={...}) and give its path there, or an https address"
        )


@dataclass
class Output:
    """A folder for each trial on a volume of yours, which survives its attempts.

    Args:
        type, mode, path: for Azure's sake.
        claim: a PersistentVolumeClaim of the namespace.
        volume: any other volume source, as in a pod; one of the two is needed.
        mount_path: where the trial finds it; ``/outputs/NAME`` if it is not given.
        sub_path: a folder on the volume, below which sweeps and trials have theirs.
    """

    type: str | None = None
    path: str | None = None
    mode: str | None = None
    claim: str | None = None
    volume: Mapping[str, Any] | None = None
    mount_path: str | None = None
    sub_path: str | None = None

    def to_spec(self, name: str) -> dict[str, Any]:
        """The output as a SweepJob has it.

        Raises:
            ArgumentError: there is no volume.
        """
        if (self.claim is None) == (self.volume is None):
            raise ArgumentError(
                f"outputs[{name!r}]: there is no data store of Azure's here: give Output(claim=NAME), a "
                "PersistentVolumeClaim, or Output(volume={...}), any volume source of a pod"
            )
        volume = self.volume or {"persistentVolumeClaim": {"claimName": self.claim}}
        return {"volume": dict(volume), **present(mountPath=self.mount_path, subPath=self.sub_path)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Output:
        return cls(
            volume=spec.get("volume"),
            mount_path=spec.get("mountPath"),
            sub_path=spec.get("subPath"),
        )


def constants(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that are no expressions, as a SweepJob has them.

    Raises:
        ArgumentError: one is something that a script cannot be given.
    """
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        given = plain(value)
        if isinstance(given, Expression):
            continue
        if isinstance(given, Input):
            found[name] = given.value(name)
        elif given is None:
            continue  # an optional input that is not given
        elif isinstance(given, bool):
            found[name] = str(given)  # as Azure passes it
        elif isinstance(given, Scalar):
            found[name] = given
        else:
            raise ArgumentError(
                f"inputs[{name!r}]: {value!r}: must be a number, a text, an Input or an expression"
            )
    return found
