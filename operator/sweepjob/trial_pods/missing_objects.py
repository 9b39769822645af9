"""Finds missing objects that a pod refers to, from the messages of Kubernetes about the pod."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KINDS = {
    kind.lower(): kind
    for kind in (
        *("Secret", "ConfigMap", "PersistentVolumeClaim", "PersistentVolume", "ServiceAccount"),
        *(
            "ResourceClaim",
            "ResourceClaimTemplate",
            "StorageClass",
            "PriorityClass",
            "RuntimeClass",
        ),
        *("DeviceClass", "CSIDriver"),
    )
}
_CLUSTER_SCOPED = {
    *(
        "PersistentVolume",
        "StorageClass",
        "PriorityClass",
        "RuntimeClass",
        "DeviceClass",
        "CSIDriver",
    ),
}
# Bounds the time of the searches. Anybody may write an event with a message of any length; those of
# Kubernetes have at most 1,024 characters.
MAX_MESSAGE = 1100
# The kubelet, the scheduler, admission and the garbage collector phrase it differently.
_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?([^\s,;]+)")
_VOLUME_KEY = re.compile(r'volume "([^"]+)" : references non-existent (secret|config) key: (\S+)')
_OBJECT = re.compile(r'\b([A-Za-z]+)(?:\.[a-z0-9.-]+)? "(?:[^"/]+/)?([^"]+)" not found')
_PRIORITY = re.compile(r"no PriorityClass with name (\S+) was found")
_PULL_SECRETS = re.compile(r"Unable to retrieve some image pull secrets \(([^)]+)\)")


@dataclass(frozen=True, slots=True)
class MissingObject:
    """An object, or a key of one, that does not exist.

    Attributes:
        kind: the kind of the object.
        name: the name of the object; empty where only the volume is known.
        key: missing in a Secret or ConfigMap that exists; empty when the object itself is missing.
        volume: name of the pod's volume that refers to the object.
    """

    kind: str
    name: str
    key: str = ""
    volume: str = ""

    @property
    def reason(self) -> str:
        """The reason, e.g. ``SecretNotFound``."""
        return f"{self.kind}{'Key' if self.key else ''}NotFound"

    @property
    def sentence(self) -> str:
        """What is missing, and the remedy."""
        where = "cluster" if self.kind in _CLUSTER_SCOPED else "namespace"
        if self.volume:
            text = f"the {self.kind} of volume '{self.volume}' has no key '{self.key}'. Add the key"
        elif self.key:
            text = f"{self.kind} '{self.name}' has no key '{self.key}'. Add the key"
        else:
            text = f"{self.kind} '{self.name}' does not exist in the {where}. Create it"
        return f"{text}, or correct its name in spec.trial"


def find_missing_object(message: str) -> MissingObject | None:
    """Return the missing object that a message is about; None when it is about something else."""
    message = message[:MAX_MESSAGE]
    if found := _KEY.search(message):
        return MissingObject(found[2], found[3], key=found[1])
    if found := _VOLUME_KEY.search(message):
        kind = "Secret" if found[2] == "secret" else "ConfigMap"
        return MissingObject(kind, "", key=found[3], volume=found[1])
    if found := _PRIORITY.search(message):
        return MissingObject("PriorityClass", found[1])
    if found := _PULL_SECRETS.search(message):
        return MissingObject("Secret", found[1])
    for found in _OBJECT.finditer(message):
        word = found[1].lower()
        forms = (word, word.removesuffix("s"), word.removesuffix("es"))
        known = next((_KINDS[form] for form in forms if form in _KINDS), None)
        if known is not None:
            return MissingObject(known, found[2])
    return None
