"""Converts what a trial runs: v2's ``trial``, and command components."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ..azure_map.asset_names import is_address, is_local_path
from ..pod_settings import PodSettingError, add_amounts
from .command import convert_text
from .conversion import Conversion, Section
from .distribution import convert_distribution, start_processes
from .environment import convert_image
from .placement import convert_resources

_TRIAL_ONLY_IN_PIPELINES = ("component", "type", "inputs", "outputs", "limits", "compute")
_DESCRIPTIONS = (
    *("$schema", "name", "version", "display_name", "description", "tags", "properties", "id"),
    *("type", "is_deterministic"),
)


def convert_trial(section: Section, inputs: Collection[str]) -> dict[str, Any]:
    """Convert v2's ``trial``.

    Args:
        section: the trial.
        inputs: names of the inputs that have a value.
    """
    for key in _TRIAL_ONLY_IN_PIPELINES:
        if key in section.data:
            message = "belongs to steps of pipelines; Azure's client refuses it here, too"
            section.reject(key, section.read(key), message)
    section.ignore("queue_settings", "Azure drops it, too")
    section.ignore("services", "kubectl port-forward reaches a pod")
    return _convert(section, inputs)


def convert_component(section: Section, inputs: Collection[str]) -> dict[str, Any]:
    """Convert a command component, whose inputs and outputs have been read.

    Args:
        section: the component.
        inputs: names of the inputs that have a value.
    """
    kind = section.read("type")
    if kind is not None and str(kind).lower() != "command":
        section.reject("type", kind, "a trial runs a command; this component is of another type")
    for key in _DESCRIPTIONS:
        section.read(key)
    section.ignore("queue_settings", "queues are the cluster's: --queue")
    section.ignore("auto_delete_setting", "nothing is registered, so nothing is deleted")
    section.ignore("additional_includes", "copy these files into the folder of the code")
    return _convert(section, inputs)


def _convert(section: Section, inputs: Collection[str]) -> dict[str, Any]:
    command = section.required_text("command", "what a trial runs")
    image = convert_image(section, "environment")
    text = convert_text(section, "command", command, inputs).strip()
    env = _variables(section, inputs)
    _convert_code(section)
    convert_distribution(section)
    convert_resources(section, "resources")
    return {"image": image, "command": text, "env": env}


def build_trial(conversion: Conversion, parts: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return ``spec.trial``, after everything about the pods has been read.

    Args:
        conversion: has the settings of the pods.
        parts: image, command and environment variables.
        path: path of the trial in the file.
    """
    gpus = conversion.options.gpus
    if gpus:
        limits = {"limits": {"nvidia.com/gpu": gpus}}
        conversion.amounts = add_amounts(limits, conversion.amounts)
    command, pod = start_processes(conversion, parts["command"], path), conversion.pod
    conversion.parts = {**parts, "command": command}
    try:
        made = pod.trial(parts["image"], command, parts["env"], conversion.amounts)
        return {**made, **conversion.group}
    except PodSettingError as error:
        conversion.section({}, path).reject("", command, str(error))
        return {"image": parts["image"], "command": command}


def _convert_code(section: Section) -> None:
    """Convert ``code`` by the map: a folder in the image, or a snapshot of the folder."""
    code = section.text("code")
    if code is None:
        return
    conversion = section.conversion
    entry = conversion.options.azure_map.find_code(code)
    if entry is not None and entry.path:
        conversion.pod = replace(conversion.pod, working_directory=entry.path)
        return
    if is_address(code) or not is_local_path(code):
        message = (
            "not carried over: only a folder of this machine is submitted; download it and give --code "
            "DIR, or put the code into the image"
        )
        section.note("code", code, message)
        return
    conversion.code = code
    if not conversion.options.local:
        message = (
            "is not in the SweepJob: submit it with its code by kubectl sweepjob submit -f SWEEPJOB.yaml "
            "--code DIR, or put the code into the image: code: {FOLDER: {path: /FOLDER}} in an Azure map"
        )
        section.note("code", code, message)


def _variables(section: Section, inputs: Collection[str]) -> list[dict[str, str]]:
    key = "environment_variables"
    variables = section.read(key, {})
    if not isinstance(variables, Mapping):
        section.reject(key, variables, "must be an object with names and values")
        return []
    return [
        {"name": str(name), "value": convert_text(section, key, _plain(value), inputs)}
        for name, value in variables.items()
    ]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
