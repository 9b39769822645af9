"""Where and how a trial runs, as a pod has it: what the short form of a trial has no words for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..api import names
from ..api.quantity import is_quantity
from ..template.command import words_of
from .arguments import ArgumentError

_SHARED = "shared-memory"
_UNITS = {"b": "", "k": "Ki", "m": "Mi", "g": "Gi"}


@dataclass
class Placement:
    """Attributes:
    shm_size: of ``/dev/shm``, as in Azure (``8g``) or a quantity (``8Gi``).
    volumes: where they are mounted, and what they are: the name of a claim, or a volume source.
    node_selector, tolerations, service_account_name: as in a pod.
    """

    shm_size: str | None = None
    volumes: Mapping[str, str | Mapping[str, Any]] = field(default_factory=dict)
    node_selector: Mapping[str, str] | None = None
    tolerations: Sequence[Mapping[str, Any]] | None = None
    service_account_name: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything that only a pod template can say."""
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
        """The pod template.

        Raises:
            ArgumentError: the command needs a shell, or something of a pod cannot be right.
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
        raise ArgumentError(f"volumes[{path!r}]: the key is where it is mounted, which is absolute")
    if isinstance(source, str):
        return {"persistentVolumeClaim": {"claimName": source}}
    return dict(source)


def _quantity(size: str) -> str:
    """Azure's sizes to Kubernetes' quantities."""
    text = str(size).strip()
    found = text[:-1] + _UNITS[text[-1]] if text[-1:].lower() == text[-1:] in _UNITS else text
    if not is_quantity(found):
        raise ArgumentError(f"shm_size: {size!r}: must be a size, e.g. 8g or 8Gi")
    return found


def _words(command: str | Sequence[str] | None) -> list[str]:
    if command is None or not isinstance(command, str):
        return list(command or ())
    found = words_of(command)
    if found is None:
        raise ArgumentError(
            f"command: {command!r}: has shell syntax or optional parts; beside volumes and the like "
            'write it as a list of words, e.g. ["sh", "-c", "..."]'
        )
    return found
