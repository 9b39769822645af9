"""Settings of a trial's pod, and the part of a spec that has them: the short form, or a pod template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..api import names
from ..api.parsing.quantity import is_quantity
from ..template.shell_variables import UnsupportedCommandError, argument_vector
from .azure_map import ComputeEntry, DataEntry

_SHARED = "shared-memory"
_UNITS = {"b": "", "k": "Ki", "m": "Mi", "g": "Gi"}
Command = str | Sequence[str] | None


class PodSettingError(ValueError):
    """A setting of a pod is invalid. The message has its name, its value and a remedy."""


@dataclass(frozen=True)
class PodSettings:
    """Settings of a trial's pod that only a pod template can express.

    Attributes:
        shm_size: size of ``/dev/shm`` in Azure's notation (``8g``) or as a quantity (``8Gi``).
        volumes: volumes by mount path: the name of a PersistentVolumeClaim, or a volume source.
        read_only: mount paths of volumes that trials only read.
        node_selector: node selector of the pod.
        tolerations: tolerations of the pod.
        service_account_name: service account of the pod.
        priority_class_name: priority class of the pod.
        working_directory: folder in which the command runs.
    """

    shm_size: str | None = None
    volumes: Mapping[str, str | Mapping[str, Any]] = field(default_factory=dict)
    node_selector: Mapping[str, str] | None = None
    tolerations: Sequence[Mapping[str, Any]] | None = None
    service_account_name: str | None = None
    priority_class_name: str | None = None
    working_directory: str | None = None
    read_only: frozenset[str] = frozenset()

    @property
    def is_needed(self) -> bool:
        """Whether the trial needs a pod template."""
        return any(
            (
                *(self.shm_size, self.volumes, self.node_selector, self.tolerations),
                *(self.service_account_name, self.priority_class_name, self.working_directory),
            )
        )

    def placed_on(self, entry: ComputeEntry) -> PodSettings:
        """Return these settings with those of a compute target; an own setting has precedence."""
        return replace(
            self,
            node_selector={**entry.node_selector, **(self.node_selector or {})} or None,
            tolerations=[*entry.tolerations, *(self.tolerations or ())] or None,
            service_account_name=self.service_account_name or entry.service_account_name or None,
            priority_class_name=self.priority_class_name or entry.priority_class_name or None,
        )

    def with_shared_memory(self, size: str) -> PodSettings:
        """Return these settings with a size of ``/dev/shm``."""
        return replace(self, shm_size=size)

    def with_data(self, entry: DataEntry) -> PodSettings:
        """Return these settings with the volume of data, which trials only read.

        Raises:
            PodSettingError: another volume has the mount path.
        """
        if not entry.volume:
            return self
        before = self.volumes.get(entry.mount_path)
        if before is None:
            volumes = {**self.volumes, entry.mount_path: entry.volume}
            return replace(self, volumes=volumes, read_only=self.read_only | {entry.mount_path})
        if _source(entry.mount_path, before) != entry.volume:
            raise PodSettingError(
                f"{entry.mount_path}: two volumes have this mount path; give one of them a "
                "mountPath in the Azure map"
            )
        return self

    def trial(
        self,
        image: str,
        command: Command,
        env: Sequence[Mapping[str, Any]],
        resources: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return ``spec.trial``: the short form, or a pod template where it is needed.

        Args:
            image: container image; empty to leave it out of the short form.
            command: command line, or its words.
            env: environment variables, as in a container.
            resources: resources, as in a container.

        Raises:
            PodSettingError: a setting is invalid.
        """
        if self.is_needed:
            return {"template": self._template(image, command, env, resources)}
        parts = {"image": image, "command": command, "env": list(env), "resources": dict(resources)}
        return {key: value for key, value in parts.items() if value}

    def _template(
        self,
        image: str,
        command: Command,
        env: Sequence[Mapping[str, Any]],
        resources: Mapping[str, Any],
    ) -> dict[str, Any]:
        sources = {
            f"volume-{number}": (path, _source(path, source))
            for number, (path, source) in enumerate(self.volumes.items())
        }
        if self.shm_size is not None:
            memory = {"medium": "Memory", "sizeLimit": shm_quantity(self.shm_size)}
            sources[_SHARED] = ("/dev/shm", {"emptyDir": memory})
        try:
            words, variables = argument_vector(command)
        except UnsupportedCommandError as error:
            raise PodSettingError(
                f"command: {command!r}: {error}: with volumes and other pod settings the command is "
                "the argument vector of a container"
            ) from None
        container: dict[str, Any] = {"name": names.TRAINER, "image": image}
        parts = {
            "command": words,
            "workingDir": self.working_directory,
            "env": [*env, *variables],
            "resources": dict(resources),
            "volumeMounts": [self._mount(name, path) for name, (path, _) in sources.items()],
        }
        container |= {key: value for key, value in parts.items() if value}
        pod: dict[str, Any] = {
            "nodeSelector": self.node_selector and dict(self.node_selector),
            "tolerations": self.tolerations and [dict(one) for one in self.tolerations],
            "serviceAccountName": self.service_account_name,
            "priorityClassName": self.priority_class_name,
            "volumes": [{"name": name, **source} for name, (_, source) in sources.items()],
        }
        return {"spec": {k: v for k, v in pod.items() if v} | {"containers": [container]}}

    def _mount(self, name: str, path: str) -> dict[str, Any]:
        mount: dict[str, Any] = {"name": name, "mountPath": path}
        return mount | ({"readOnly": True} if path in self.read_only else {})


def add_amounts(amounts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Return resources with those of a compute target; an own amount has precedence."""
    made = {
        part: {**more.get(part, {}), **amounts.get(part, {})} for part in ("limits", "requests")
    }
    return {part: found for part, found in made.items() if found}


def shm_quantity(size: object) -> str:
    """Return a size in Azure's notation, such as ``8g``, as a quantity.

    Raises:
        PodSettingError: it is not a size.
    """
    text = str(size).strip()
    found = text[:-1] + _UNITS[text[-1]] if text[-1:].lower() == text[-1:] in _UNITS else text
    if not is_quantity(found):
        raise PodSettingError(f"shm_size: {size!r}: must be a size, e.g. 8g or 8Gi")
    return found


def _source(path: str, source: str | Mapping[str, Any]) -> dict[str, Any]:
    if not path.startswith("/"):
        raise PodSettingError(
            f"volumes[{path!r}]: the key is the mount path, which must be absolute"
        )
    if isinstance(source, str):
        return {"persistentVolumeClaim": {"claimName": source}}
    return dict(source)
