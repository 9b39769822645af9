"""Writes the skeleton of an Azure map: an entry for each name, with words in capitals to replace."""

from __future__ import annotations

from collections.abc import Callable

from .azure_map import EXAMPLES, AzureMap, MissingEntry
from .references import FoundNames

_COMMENTS = {
    "compute": "compute targets: a Kueue queue, gpus, nodeSelector, tolerations; {} for any node",
    "instance_type": "sizes of virtual machines: gpus, nodeSelector, resources",
    "environment": "environments: images that have what they contain",
    "data": "data: a claim and a path on it; local: a path on this machine, for local sweeps",
    "datastore": "datastores: a claim; workspaceblobstore is the one of outputs",
    "code": "code: snapshot, or {path: /app}, the folder in the image",
    "component": "registered components: their YAML files",
}


def skeleton(found: FoundNames, existing: AzureMap) -> str:
    """Return the text of a map.

    Args:
        found: the names.
        existing: a map, whose entries are left out.
    """
    lines = ["# What the names of an Azure workspace mean here. Replace the words in capitals."]
    if not existing.name:
        lines.append("workspace: {namespace: NAMESPACE}  # or {local: true}, this machine")
    for section in EXAMPLES:
        keys = [k for k in found.sections.get(section, ()) if not _has(existing, section, k)]
        if keys:
            lines.append(f"{section}:  # {_COMMENTS[section]}")
            lines += [f"  {MissingEntry(section, key, '').line}" for key in keys]
    return "\n".join(lines) + "\n"


def _has(existing: AzureMap, section: str, key: str) -> bool:
    finders: dict[str, Callable[[str], object]] = {
        "compute": existing.find_compute,
        "instance_type": existing.find_instance_type,
        "environment": existing.find_environment,
        "data": existing.find_data,
        "datastore": existing.find_datastore,
        "code": existing.find_code,
        "component": existing.find_component,
    }
    return finders[section](key) is not None
