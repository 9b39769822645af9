"""Pod settings of a trial that only a pod template can express."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api import names
from ..api.parsing.quantity import is_quantity
from ..template.command import split_words
from .arguments import ArgumentError

_SHARED = "shared-memory"
_UNITS = {"b": "", "k": "Ki", "m": "Mi", "g": "Gi"}


@dataclass
class Placement:
    """Pod settings of a trial.

    Attributes:
        shm_size: Size of ``/dev/shm`` in Azure's notation (``8g``) or as a quantity (``8Gi``).
        volumes: Volumes by mount path: the name of a PersistentVolumeClaim, or a volume source.
        node_selector: Node selector of the pod.
        tolerations: Tolerations of the pod.
        service_account_name: Service account of the pod.
    """

    shm_size: str | None = None
    volumes: Mapping[str, str | Mapping[str, Any]] = field(default_factory=dict)
    node_selector: Mapping[str, str] | None = None
    tolerations: Sequence[Mapping[str, Any]] | None = None
    service_account_name: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether the trial needs a pod template."""
        return any(
            (
                *(self.shm_size, self.volumes, self.node_selector, self.tolerations),
                self.service_account_name,
            )
        )

    def template(
        self,
        image: str,
        command: str | Sequence[str] | None,
        env: list[dict[str, str]],
        resources: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the pod template.

        Args:
            image: Container image.
            command: Command line without shell syntax, or its words.
            env: Environment variables, as in a container.
            resources: Resources, as in a container.

        Raises:
            ArgumentError: The command needs a shell, or a setting is invalid.
        """
        sources = {
            f"volume-{number}": (path, _source(path, source))
            for number, (path, source) in enumerate(self.volumes.items())
        }
        if self.shm_size is not None:
            memory = {"medium": "Memory", "sizeLimit": _quantity(self.shm_size)}
            sources[_SHARED] = ("/dev/shm", {"emptyDir": memory})
        container: dict[str, Any] = {"name": names.TRAINER, "image": image}
        parts = {
            "command": _words(command),
            "env": env,
            "resources": dict(resources),
            "volumeMounts": [{"name": n, "mountPath": path} for n, (path, _) in sources.items()],
        }
        container |= {key: value for key, value in parts.items() if value}
        pod: dict[str, Any] = {
            "nodeSelector": self.node_selector and dict(self.node_selector),
            "tolerations": self.tolerations and [dict(one) for one in self.tolerations],
            "serviceAccountName": self.service_account_name,
            "volumes": [{"name": name, **source} for name, (_, source) in sources.items()],
        }
        return {"spec": {k: v for k, v in pod.items() if v} | {"containers": [container]}}


def _source(path: str, source: str | Mapping[str, Any]) -> dict[str, Any]:
    if not path.startswith("/"):
        raise ArgumentError(f"volumes[{path!r}]: the key is the mount path, which must be absolute")
    if isinstance(source, str):
        return {"persistentVolumeClaim": {"claimName": source}}
    return dict(source)


def _quantity(size: str) -> str:
    """Convert a size in Azure's notation to a quantity."""
    text = str(size).strip()
    found = text[:-1] + _UNITS[text[-1]] if text[-1:].lower() == text[-1:] in _UNITS else text
    if not is_quantity(found):
        raise ArgumentError(f"shm_size: {size!r}: must be a size, e.g. 8g or 8Gi")
    return found


def _words(command: str | Sequence[str] | None) -> list[str]:
    if command is None or not isinstance(command, str):
        return list(command or ())
    found = split_words(command)
    if found is None:
        raise ArgumentError(
            f"command: {command!r}: has shell syntax or optional parts; with volumes and other pod "
            'settings write it as a list of words, e.g. ["sh", "-c", "..."]'
        )
    return found
