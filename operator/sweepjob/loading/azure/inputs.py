"""Converts inputs and outputs: literals, data on volumes, and folders that trials write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...search.space import Scalar
from ..azure_map import Resolved, producing_step, resolve_data
from ..azure_map.asset_names import split_datastore_uri
from ..pod_settings import PodSettingError
from .conversion import PLACEHOLDER, Section

_WEB = ("https://", "http://")
_MODES = {
    "download": "mounted instead of downloaded",
    "direct": "the script gets a path instead of the address",
    "rw_mount": "mounted read-only",
    "eval_mount": "mounted; nothing is evaluated",
    "eval_download": "mounted instead of downloaded; nothing is evaluated",
}
# Why settings of outputs have no effect.
_OUTPUT_DETAILS = {
    "name": "nothing is registered; download it by its name here",
    "version": "nothing is registered",
    "mode": "an output is a mounted folder",
}
OUTPUT_TYPE = "an output is a folder here; the script gets its path"
_MOUNTED = ("mount", "rw_mount")
_TYPES = {
    "mltable": "the script reads the folder itself, e.g. with the package mltable",
    "mlflow_model": "the script gets the folder of the model",
    "custom_model": "the script gets the path of the model",
    "triton_model": "the script gets the folder of the model",
}


def convert_inputs(section: Section) -> dict[str, Any]:
    """Convert inputs: literals as Azure passes them, data to a path or an address."""
    return {
        str(name): value
        for name in section.data
        if (value := convert_input(section, str(name), section.read(name))) is not None
    }


def convert_input(section: Section, name: str, value: Any) -> Any:
    """Convert one input; the value of an option has precedence.

    Args:
        section: the section that has it.
        name: its name.
        value: its value in the file.

    Returns:
        The value for the command; None for an input without one.
    """
    supplied = section.conversion.options.inputs.get(name)
    if supplied is not None:
        return supplied
    if isinstance(value, Mapping) and "value" in value and "path" not in value:
        inner = section.conversion.section(value, section.at(name))
        value = inner.read("value")
        inner.read("type")
        inner.reject_unknown_keys()
    if isinstance(value, bool):
        section.note(name, value, f'passed as "{value}", as Azure does')
        return str(value)
    if isinstance(value, Scalar):
        return value
    if not isinstance(value, Mapping):
        section.reject(name, value, "must be a value, or an object with a path")
        return ""
    return convert_data(section.conversion.section(value, section.at(name)), name)


def convert_data(section: Section, name: str) -> str:
    """Convert data to the path or the address that the script gets.

    Args:
        section: the object with the path.
        name: the name of the input.
    """
    options = section.conversion.options
    path = section.required_text("path", "where the data is")
    kind, mode = section.text("type"), section.text("mode")
    _ignore_details(section)
    section.reject_unknown_keys()
    if options.is_lazy:
        section.conversion.azure.setdefault("inputs", {})[name] = dict(section.data)
        if step := producing_step(path):
            remedy = f"run that step, and give inputs={{{name!r}: PATH}}"
            section.note("path", path, f"is an output of the step {step}: {remedy}")
        return f"/{PLACEHOLDER}/inputs/{name}"
    described = " ".join(word for word in (kind, mode) if word)
    resolved = resolve_data(options.azure_map, path, options.folder, options.local)
    if resolved.value.startswith(_WEB):
        message = (
            f"the script gets the address ({described or 'data'}); nothing downloads or mounts it"
        )
        section.note("path", path, message)
        return resolved.value
    if resolved.value:
        _note_differences(section, kind, mode)
        if resolved.entry is not None and not options.local:
            try:
                section.conversion.pod = section.conversion.pod.with_data(resolved.entry)
            except PodSettingError as error:
                section.reject("path", path, str(error))
        return resolved.value
    return _missing_data(section, name, path, described, resolved)


def _missing_data(
    section: Section, name: str, path: str, described: str, resolved: Resolved
) -> str:
    """Return a placeholder for data that the map lacks; reject such data for a local sweep."""
    placeholder = f"/{PLACEHOLDER}/inputs/{name}"
    is_local, step = section.conversion.options.local, producing_step(path)
    flag = f"give --input {name}=PATH"
    if step:
        message = (
            f"is an output of the step {step}: run that step, and {flag}, or {resolved.message}"
        )
        if not is_local:
            message += f"; {placeholder} stands for it"
    elif is_local:
        message = f"{resolved.message}, or {flag}"
    else:
        message = (
            f"({described or 'data'}) mount the data (trial.template) and put its path for "
            f"{placeholder}, or {flag}, or {resolved.message}"
        )
    key = "" if step and len(section.data) == 1 else "path"  # a reference alone has no object
    if is_local:
        section.reject(key, path, message)
    elif path:
        section.note(key, path, message)
    return "" if is_local else placeholder


def _ignore_details(section: Section) -> None:
    section.ignore("path_on_compute", "the map says where the data is mounted: mountPath")
    section.ignore("datastore", "the path names it: azureml://datastores/NAME/paths/PATH")


def _note_differences(section: Section, kind: str | None, mode: str | None) -> None:
    for key, message in data_differences(kind, mode, section.conversion.options.local).items():
        section.note(key, {"mode": mode, "type": kind}[key], message)


def data_differences(kind: str | None, mode: str | None, local: bool) -> dict[str, str]:
    """Return what differs from Azure for data, by ``mode`` and ``type``.

    Args:
        kind: Azure's type of the data.
        mode: Azure's mode.
        local: True for a sweep on this machine, where data stays where it is.
    """
    found = {
        "mode": None if local else _MODES.get((mode or "").lower()),
        "type": _TYPES.get((kind or "").lower()),
    }
    return {key: message for key, message in found.items() if message}


def output_differences(given: Mapping[str, Any]) -> dict[str, str]:
    """Return why settings of an output have no effect, by key; a mode that it has anyway is left out.

    Args:
        given: the output.
    """
    is_mounted = str(given.get("mode")).lower() in _MOUNTED
    return {
        key: reason
        for key, reason in _OUTPUT_DETAILS.items()
        if given.get(key) is not None and not (key == "mode" and is_mounted)
    }


def convert_outputs(section: Section) -> None:
    """Read outputs, which the command refers to, and add a note for each setting that is lost."""
    places = section.conversion.output_places
    for key in section.data:
        name, value = str(key), section.read(key)
        places[name] = None
        if value is None or value == {}:
            continue
        if not isinstance(value, Mapping):
            section.reject(name, value, "must be null or an object")
            continue
        inner = section.conversion.section(value, section.at(name))
        path = inner.text("path")
        split = split_datastore_uri(path) if path else None
        if split is not None:
            places[name] = path
            message = "each trial has a folder of its own below it"
            inner.note("path", path, message)
        elif path:
            inner.note("path", path, "not carried over: an output is a folder of each trial")
        for detail in _OUTPUT_DETAILS:
            inner.read(detail)
        for detail, reason in output_differences(value).items():
            inner.ignore(detail, reason)
        kind = inner.text("type")
        if kind and kind.lower() != "uri_folder":
            inner.note("type", kind, OUTPUT_TYPE)
        inner.reject_unknown_keys()


def note_unused_outputs(section: Section, used: Mapping[str, Any]) -> None:
    """Add a note for each output that the command does not refer to."""
    options = section.conversion.options
    for name in section.conversion.output_places:
        if name not in used and name not in options.outputs:
            message = (
                f"no trial writes it: the command does not refer to ${{{{outputs.{name}}}}}, so "
                "there is no folder"
            )
            section.note(name, section.data.get(name), message)
