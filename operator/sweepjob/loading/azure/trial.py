"""v2's trial, inputs, outputs and everything that says where it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...search.space import Scalar
from .command import convert_text
from .conversion import PLACEHOLDER, Conversion, Section

_IMAGE = f"{PLACEHOLDER}/image:with-your-code"
_TRIAL_ONLY_IN_PIPELINES = ("component", "type", "inputs", "outputs", "limits", "compute")


def convert_inputs(section: Section) -> dict[str, Any]:
    """Literals as Azure passes them, as texts; data by an address that trials can use."""
    return {str(name): _input(section, str(name)) for name in section.data}


def _input(section: Section, name: str) -> Any:
    value = section.take(name)
    supplied = section.conversion.supplies.inputs.get(name)
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
        section.refuse(name, value, "must be a value, or an object with a path")
        return ""
    return _data(section, name, value)


def _data(section: Section, name: str, value: Mapping[str, Any]) -> str:
    inner = section.conversion.section(value, section.at(name))
    path = inner.required_text("path", "where the data is")
    kind, mode = inner.text("type"), inner.text("mode")
    inner.finish()
    described = " ".join(word for word in (kind, mode) if word)
    if path.startswith(("https://", "http://")):
        message = (
            f"the script gets the address ({described or 'data'}); nothing downloads or mounts it"
        )
        inner.note("path", path, message)
        return path
    placeholder = f"/{PLACEHOLDER}/inputs/{name}"
    message = (
        f"no data store of Azure's is here: mount the data (trial.template) and put its path for "
        f"{placeholder}, or give --input {name}=PATH"
    )
    inner.note("path", path, message)
    return placeholder


def convert_outputs(section: Section) -> None:
    """Outputs are paths in the command; here it is only checked that nothing else is lost."""
    for name in section.data:
        value = section.take(name)
        if value is None or value == {}:
            continue
        if not isinstance(value, Mapping):
            section.refuse(str(name), value, "must be null or an object")
            continue
        inner = section.conversion.section(value, section.at(str(name)))
        for key in ("type", "mode", "path"):
            inner.dismiss(key, "an output is a path here; trials see it in the command")
        inner.finish()


def convert_trial(section: Section, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """v2's ``trial``."""
    for key in _TRIAL_ONLY_IN_PIPELINES:
        if key in section.data:
            section.refuse(
                key, section.take(key), "belongs to pipelines; Azure refuses it here, too"
            )
    command = section.required_text("command", "what a trial runs")
    trial: dict[str, Any] = {"image": image(section, section.take("environment"), "environment")}
    trial["command"] = convert_text(section, "command", command, inputs).strip()
    section.dismiss("code", "the code has to be in the image")
    if variables := _variables(section, inputs):
        trial["env"] = variables
    _distribution(section)
    gpus(section.conversion, trial)
    return trial


def image(section: Section, environment: Any, key: str) -> str:
    """The image: given by flag, or written in an inline environment, or a placeholder."""
    supplied = section.conversion.supplies.image
    remedy = "" if supplied else f"; put an image for {_IMAGE}, or give --image"
    if isinstance(environment, Mapping):
        inner = section.conversion.section(environment, section.at(key))
        named = inner.text("image")
        for other in list(inner.data):
            inner.dismiss(other, "put it into the image")
        if named:
            return supplied or named
    elif environment is None:
        section.refuse(key, None, "is required: in which environment a trial runs")
    section.note(key, environment, f"environments of Azure's are not here{remedy}")
    return supplied or _IMAGE


def gpus(conversion: Conversion, trial: dict[str, Any]) -> None:
    """Each trial's GPUs, where the flag says so."""
    if conversion.supplies.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": conversion.supplies.gpus}}


def _variables(section: Section, inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    variables = section.take("environment_variables", {})
    if not isinstance(variables, Mapping):
        section.refuse(
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
    if section.take("distribution") is None:
        return
    inner = section.conversion.section(section.data["distribution"], section.at("distribution"))
    kind = inner.take("type")
    processes = inner.whole("process_count_per_instance") or 1
    workers = inner.whole("worker_count") or 1
    servers = inner.whole("parameter_server_count") or 0
    known = str(kind).lower() in ("mpi", "pytorch", "tensorflow")
    if known and (processes, workers, servers) == (1, 1, 0):
        inner.note("", kind, "not carried over: it is one process, started by the command itself")
        inner.finish()
        return
    message = (
        "a trial is one pod; start its processes in the command, e.g. torchrun --nproc-per-node=4 "
        "train.py"
    )
    inner.refuse("", kind, message)


def convert_resources(section: Section, key: str) -> None:
    """``resources``, of the sweep or of the trial: more than one node is refused, the rest noted."""
    if section.data.get(key) is None:
        section.take(key)
        return
    inner = section.child(key)
    count = inner.whole("instance_count")
    if count is not None and count != 1:
        inner.refuse("instance_count", count, "a trial is one pod; several nodes are not supported")
    pod = "set it in the pod: trial.template"
    inner.dismiss("instance_type", f"{pod}.spec.nodeSelector; GPUs by --gpus")
    inner.dismiss("shm_size", f"{pod}.spec.volumes, an emptyDir with medium Memory at /dev/shm")
    for other in ("properties", "locations", "max_instance_count", "docker_args"):
        inner.dismiss(other, pod)
    inner.finish()
