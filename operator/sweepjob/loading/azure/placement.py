"""Converts compute targets, resources and the like to settings of the trials' pods."""

from __future__ import annotations

import re

from ..azure_map import ComputeEntry
from ..pod_settings import PodSettingError, add_amounts, shm_quantity
from .conversion import Conversion, Section
from .distribution import convert_instance_count

_SHM_OPTION = re.compile(r"--shm-size[= ](\S+)")


def place(conversion: Conversion, entry: ComputeEntry) -> None:
    """Set what an entry of the map says about pods; what is set already has precedence."""
    conversion.pod = conversion.pod.placed_on(entry)
    conversion.amounts = add_amounts(conversion.amounts, entry.amounts())
    conversion.queue = conversion.queue or entry.queue


def convert_compute(section: Section, key: str, default: str | None = None) -> None:
    """Convert a compute target by the map; add a note where the map has none.

    Args:
        section: the section that has it.
        key: its key.
        default: the compute target if the key is absent.
    """
    conversion = section.conversion
    value = section.text(key) or default
    if conversion.options.is_lazy:
        conversion.azure["compute"] = value
        return
    entry = conversion.options.azure_map.find_compute(value)
    if entry is not None:
        place(conversion, entry)
    elif value is not None:
        queue = conversion.options.queue
        missing = conversion.options.azure_map.missing("compute", value)
        remedy = (
            f"; the trials are in the queue {queue}" if queue else f": --queue QUEUE, or {missing}"
        )
        section.note(key, value, f"not carried over: the cluster schedules trials{remedy}")


def convert_resources(section: Section, key: str) -> None:
    """Convert ``resources``: the instance type by the map, ``shm_size`` as it is.

    Args:
        section: the section that has them.
        key: their key.
    """
    if section.data.get(key) is None:
        section.read(key)
        return
    inner = section.subsection(key)
    convert_instance_count(inner)
    if (maximum := inner.integer("max_instance_count")) is not None and maximum != 1:
        message = "not carried over: a trial has as many pods as instance_count says"
        inner.note("max_instance_count", maximum, message)
    _instance_type(inner)
    _shared_memory(inner, "shm_size", inner.text("shm_size"))
    _docker_arguments(inner)
    inner.ignore("properties", "they are settings of Azure's service")
    inner.ignore("locations", "the cluster has its own: nodeSelector of a compute in the map")
    inner.reject_unknown_keys()


def _instance_type(section: Section) -> None:
    kind = section.text("instance_type")
    if kind is None:
        return
    if section.conversion.options.is_lazy:
        section.conversion.azure["instance_type"] = kind
        return
    azure_map = section.conversion.options.azure_map
    entry = azure_map.find_instance_type(kind)
    if entry is not None:
        place(section.conversion, entry)
        return
    gpus = section.conversion.options.gpus
    remedy = f"; a trial has {gpus} GPUs" if gpus else ""
    if not gpus:
        remedy = f": --gpus N, or {azure_map.missing('instance_type', kind)}"
    section.note("instance_type", kind, f"not carried over: it is Azure's{remedy}")


def _shared_memory(section: Section, key: str, size: str | None) -> None:
    if size is None:
        return
    try:
        shm_quantity(size)
    except PodSettingError as error:
        section.reject(key, size, str(error).partition(": ")[2].partition(": ")[2])
        return
    conversion = section.conversion
    if conversion.pod.shm_size is None:
        conversion.pod = conversion.pod.with_shared_memory(size)


def _docker_arguments(section: Section) -> None:
    given = section.read("docker_args")
    if given is None:
        return
    text = " ".join(map(str, given)) if isinstance(given, list) else str(given)
    if found := _SHM_OPTION.search(text):
        _shared_memory(section, "docker_args", found[1])
        text = _SHM_OPTION.sub("", text)
    if text.strip():
        message = "not carried over: a pod has its own settings, in trial.template"
        section.note("docker_args", text.strip(), message)


def note_settings_of_the_service(section: Section) -> None:
    """Add a note for each setting that only Azure's service has."""
    account = "serviceAccountName of a compute in the map, or trial.template.spec"
    section.ignore("identity", f"pods have service accounts: {account}")
    section.ignore(
        "queue_settings",
        "queues and priorities are the cluster's: queue and priorityClassName "
        "of a compute in the map, or --queue",
    )
    section.ignore("services", "kubectl port-forward reaches a pod; Azure does not send it, either")
