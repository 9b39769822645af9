"""Converts v2's trial, inputs, outputs and resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...search.space import Scalar
from .command import convert_text
from .conversion import PLACEHOLDER, Conversion, Section

_IMAGE = f"{PLACEHOLDER}/image:with-your-code"
_TRIAL_ONLY_IN_PIPELINES = ("component", "type", "inputs", "outputs", "limits", "compute")


def convert_inputs(section: Section) -> dict[str, Any]:
    """Convert inputs: literals as Azure passes them, data to a path or a URL."""
    return {str(name): _input(section, str(name)) for name in section.data}


def _input(section: Section, name: str) -> Any:
    value = section.read(name)
    supplied = section.conversion.options.inputs.get(name)
    if supplied is not None:
        return supplied
    if isinstance(value, Mapping) and "value" in value and "path" not in value:
        value = value["value"]
    if isinstance(value, bool):
        section.note(name, value, f'passed as "{value}", as Azure does')
        return str(value)
    if isinstance(value, Scalar):
        return value
    if not isinstance(value, Mapping):
        section.reject(name, value, "must be a value, or an object with a path")
        return ""
    return _data(section, name, value)


def _data(section: Section, name: str, value: Mapping[str, Any]) -> str:
    inner = section.conversion.section(value, section.at(name))
    path = inner.required_text("path", "where the data is")
    kind, mode = inner.text("type"), inner.text("mode")
    inner.reject_unknown_keys()
    described = " ".join(word for word in (kind, mode) if word)
    if path.startswith(("https://", "http://")):
        message = (
            f"the script gets the address ({described or 'data'}); nothing downloads or mounts it"
        )
        inner.note("path", path, message)
        return path
    placeholder = f"/{PLACEHOLDER}/inputs/{name}"
    message = (
        f"Azure data stores are not supported: mount the data (trial.template) and put its path for "
        f"{placeholder}, or give --input {name}=PATH"
    )
    inner.note("path", path, message)
    return placeholder


def convert_outputs(section: Section) -> None:
    """Add a note for each setting of an output that is not converted. The command has the outputs."""
    for name in section.data:
        value = section.read(name)
        if value is None or value == {}:
            continue
        if not isinstance(value, Mapping):
            section.reject(str(name), value, "must be null or an object")
            continue
        inner = section.conversion.section(value, section.at(str(name)))
        for key in ("type", "mode", "path"):
            inner.ignore(key, "an output is a path here; trials see it in the command")
        inner.reject_unknown_keys()


def convert_trial(section: Section, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Convert v2's ``trial``.

    Args:
        section: the trial.
        inputs: the converted inputs.
    """
    for key in _TRIAL_ONLY_IN_PIPELINES:
        if key in section.data:
            section.reject(
                key, section.read(key), "belongs to pipelines; Azure refuses it here, too"
            )
    command = section.required_text("command", "what a trial runs")
    trial: dict[str, Any] = {
        "image": convert_image(section, section.read("environment"), "environment")
    }
    trial["command"] = convert_text(section, "command", command, inputs).strip()
    section.ignore("code", "the code has to be in the image")
    if variables := _variables(section, inputs):
        trial["env"] = variables
    _distribution(section)
    set_gpus(section.conversion, trial)
    return trial


def convert_image(section: Section, environment: Any, key: str) -> str:
    """Return the image: the option's, that of an inline environment, or a placeholder.

    Args:
        section: the section that has the environment.
        environment: the environment.
        key: its key.
    """
    supplied = section.conversion.options.image
    remedy = "" if supplied else f"; put an image for {_IMAGE}, or give --image"
    if isinstance(environment, Mapping):
        inner = section.conversion.section(environment, section.at(key))
        named = inner.text("image")
        for other in list(inner.data):
            inner.ignore(other, "put it into the image")
        if named:
            return supplied or named
    elif environment is None:
        section.reject(key, None, "is required: the environment of a trial")
    section.note(key, environment, f"Azure environments are not supported{remedy}")
    return supplied or _IMAGE


def set_gpus(conversion: Conversion, trial: dict[str, Any]) -> None:
    """Set the GPUs of a trial if the option is given."""
    if conversion.options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": conversion.options.gpus}}


def _variables(section: Section, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    variables = section.read("environment_variables", {})
    if not isinstance(variables, Mapping):
        section.reject(
            "environment_variables", variables, "must be an object with names and values"
        )
        return []
    key = "environment_variables"
    return [
        {"name": str(name), "value": convert_text(section, key, _plain(value), inputs)}
        for name, value in variables.items()
    ]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _distribution(section: Section) -> None:
    if section.read("distribution") is None:
        return
    inner = section.conversion.section(section.data["distribution"], section.at("distribution"))
    kind = inner.read("type")
    processes = inner.integer("process_count_per_instance") or 1
    workers = inner.integer("worker_count") or 1
    servers = inner.integer("parameter_server_count") or 0
    known = str(kind).lower() in ("mpi", "pytorch", "tensorflow")
    if known and (processes, workers, servers) == (1, 1, 0):
        inner.note("", kind, "not carried over: it is one process, started by the command itself")
        inner.reject_unknown_keys()
        return
    message = (
        "a trial is one pod; start its processes in the command, e.g. torchrun --nproc-per-node=4 "
        "train.py"
    )
    inner.reject("", kind, message)


def convert_resources(section: Section, key: str) -> None:
    """Reject more than one node; add a note for each other setting of ``resources``."""
    if section.data.get(key) is None:
        section.read(key)
        return
    inner = section.subsection(key)
    count = inner.integer("instance_count")
    if count is not None and count != 1:
        inner.reject("instance_count", count, "a trial is one pod; several nodes are not supported")
    pod = "set it in the pod: trial.template"
    inner.ignore("instance_type", f"{pod}.spec.nodeSelector; GPUs by --gpus")
    inner.ignore("shm_size", f"{pod}.spec.volumes, an emptyDir with medium Memory at /dev/shm")
    for other in ("properties", "locations", "max_instance_count", "docker_args"):
        inner.ignore(other, pod)
    inner.reject_unknown_keys()
