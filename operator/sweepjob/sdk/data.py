"""Inputs and outputs of a command: data that trials read, and folders that they write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..search.space import Scalar
from .arguments import ArgumentError, present
from .expressions import Expression, to_plain

_WEB = ("http://", "https://")


@dataclass
class Input:
    """Data that a script reads. The script gets the path or the URL; nothing is downloaded or mounted.

    Args:
        type: Azure's type; ignored.
        path: Absolute path in the container (on a volume, see ``command(volumes=...)``), or an
            ``http`` or ``https`` URL.
        mode: Azure's mode; ignored.
    """

    type: str = "uri_folder"
    path: str | None = None
    mode: str | None = None

    def value(self, name: str) -> str:
        """Return the path or the URL.

        Args:
            name: Name of the input, for the message.

        Raises:
            ArgumentError: The path is in a data store of Azure's.
        """
        path = self.path or ""
        if path.startswith(("/", *_WEB)):
            return path
        raise ArgumentError(
            f"inputs[{name!r}].path: {self.path!r}: Azure data stores are not supported: mount the "
            "data with command(volumes={...}) and give its path there, or an https address"
        )


@dataclass
class Output:
    """A folder for each trial on a volume. All attempts of a trial share it.

    Args:
        type: Azure's type; ignored.
        path: Azure's path; ignored.
        mode: Azure's mode; ignored.
        claim: Name of a PersistentVolumeClaim in the namespace.
        volume: Any other volume source of a pod. Give either ``claim`` or ``volume``.
        mount_path: Mount path in the container; ``/outputs/NAME`` by default.
        sub_path: Folder on the volume that contains the folders of sweeps and trials.
    """

    type: str | None = None
    path: str | None = None
    mode: str | None = None
    claim: str | None = None
    volume: Mapping[str, Any] | None = None
    mount_path: str | None = None
    sub_path: str | None = None

    def to_spec(self, name: str) -> dict[str, Any]:
        """Return the output as an entry of ``spec.outputs``.

        Args:
            name: Name of the output, for the message.

        Raises:
            ArgumentError: Not exactly one of ``claim`` and ``volume`` is given.
        """
        if (self.claim is None) == (self.volume is None):
            raise ArgumentError(
                f"outputs[{name!r}]: Azure data stores are not supported: give Output(claim=NAME), a "
                "PersistentVolumeClaim, or Output(volume={...}), any volume source of a pod"
            )
        volume = self.volume or {"persistentVolumeClaim": {"claimName": self.claim}}
        return {"volume": dict(volume), **present(mountPath=self.mount_path, subPath=self.sub_path)}

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Output:
        """Return the output of an entry of ``spec.outputs``."""
        return cls(
            volume=spec.get("volume"),
            mount_path=spec.get("mountPath"),
            sub_path=spec.get("subPath"),
        )


def constant_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that are not expressions, as entries of ``spec.inputs``.

    Args:
        inputs: Values and expressions by input name; None leaves an optional input out.

    Raises:
        ArgumentError: A value is not a number, string, boolean or :class:`Input`.
    """
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        given = to_plain(value)
        if isinstance(given, Expression):
            continue
        if isinstance(given, Input):
            found[name] = given.value(name)
        elif given is None:
            continue
        elif isinstance(given, bool):
            found[name] = str(given)  # "True" and "False", as in Azure
        elif isinstance(given, Scalar):
            found[name] = given
        else:
            raise ArgumentError(
                f"inputs[{name!r}]: {value!r}: must be a number, a text, an Input or an expression"
            )
    return found
