"""Objects that a pod names and that do not exist, from what Kubernetes says about the pod."""

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
_OF_CLUSTER = {
    *(
        "PersistentVolume",
        "StorageClass",
        "PriorityClass",
        "RuntimeClass",
        "DeviceClass",
        "CSIDriver",
    ),
}
# Anybody may write an event with a message of any length; Kubernetes' own have 1,024 characters.
LONGEST = 1100
# kubelet, scheduler, admission and garbage collector each have words of their own.
_KEY = re.compile(r"couldn't find key (\S+) in (Secret|ConfigMap) (?:[^/\s]+/)?([^\s,;]+)")
_VOLUME_KEY = re.compile(r'volume "([^"]+)" : references non-existent (secret|config) key: (\S+)')
_OBJECT = re.compile(r'\b([A-Za-z]+)(?:\.[a-z0-9.-]+)? "(?:[^"/]+/)?([^"]+)" not found')
_PRIORITY = re.compile(r"no PriorityClass with name (\S+) was found")
_PULL_SECRETS = re.compile(r"Unable to retrieve some image pull secrets \(([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Missing:
    """What does not exist.

    Attributes:
        key: of a Secret or ConfigMap that exists; empty when the object itself is missing.
        volume: whose object it is, where only that is known.
    """

    kind: str
    name: str
    key: str = ""
    volume: str = ""

    @property
    def reason(self) -> str:
        """One word, e.g. ``SecretNotFound``."""
        return f"{self.kind}{'Key' if self.key else ''}NotFound"

    @property
    def sentence(self) -> str:
        """What is missing, and what to do."""
        where = "cluster" if self.kind in _OF_CLUSTER else "namespace"
        if self.volume:
            text = f"the {self.kind} of volume '{self.volume}' has no key '{self.key}'. Add the key"
        elif self.key:
            text = f"{self.kind} '{self.name}' has no key '{self.key}'. Add the key"
        else:
            text = f"{self.kind} '{self.name}' does not exist in the {where}. Create it"
        return f"{text}, or correct its name in spec.trial"


def find_missing(message: str) -> Missing | None:
    """What a message says does not exist; None when it says nothing of the kind."""
    message = message[:LONGEST]
    if found := _KEY.search(message):
        return Missing(found[2], found[3], key=found[1])
    if found := _VOLUME_KEY.search(message):
        kind = "Secret" if found[2] == "secret" else "ConfigMap"
        return Missing(kind, "", key=found[3], volume=found[1])
    if found := _PRIORITY.search(message):
        return Missing("PriorityClass", found[1])
    if found := _PULL_SECRETS.search(message):
        return Missing("Secret", found[1])
    for found in _OBJECT.finditer(message):
        word = found[1].lower()
        forms = (word, word.removesuffix("s"), word.removesuffix("es"))
        known = next((_KINDS[form] for form in forms if form in _KINDS), None)
        if known is not None:
            return Missing(known, found[2])
    return None
