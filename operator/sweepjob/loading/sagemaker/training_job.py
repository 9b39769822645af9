"""Converts ``TrainingJobDefinition``: what a trial runs, and how its log is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..azure.conversion import PLACEHOLDER, Section

_ACCOUNT = "it belongs to the account at AWS"
_IGNORED = {
    "RoleArn": f"{_ACCOUNT}; trial.template has a service account",
    "VpcConfig": f"{_ACCOUNT}; the namespace has network policies",
    "EnableNetworkIsolation": "the namespace has network policies",
    "EnableInterContainerTrafficEncryption": "the pods of a trial use the network of the cluster",
    "EnableManagedSpotTraining": "nodeSelector and tolerations choose spot nodes; a disrupted pod "
    "is repeated",
    "CheckpointConfig": "spec.outputs keeps checkpoints",
    "DefinitionName": "it has no use with one definition",
    "HyperParameterTuningResourceConfig": "--gpus gives the GPUs of a trial",
}
# The opening of a group that captures, with its name.
_GROUP = re.compile(r"\((?!\?)|\(\?P?<[A-Za-z_]\w*>")
# Folders that scripts for SageMaker's containers read from their environment.
_FOLDERS = {"SM_MODEL_DIR": "/tmp/model", "SM_OUTPUT_DATA_DIR": "/tmp/output"}


def convert_training_job(section: Section, spec: dict[str, Any], named: Mapping[str, str]) -> None:
    """Convert the definition.

    Args:
        section: ``TrainingJobDefinition``.
        spec: the spec of the SweepJob; changed.
        named: names of the parameters in the file, by those of the search space.
    """
    options = section.conversion.options
    algorithm = section.subsection("AlgorithmSpecification")
    image = algorithm.text("TrainingImage")
    algorithm.ignore("AlgorithmName", "an algorithm of AWS's Marketplace is no image; give --image")
    algorithm.ignore("TrainingInputMode", "mount the data as a volume")
    spec["metrics"] = _metrics(algorithm, spec["objective"]["primaryMetric"])
    algorithm.reject_unknown_keys()
    if image and options.image is None:
        message = "must be an image that the cluster can pull: --image gives another one"
        algorithm.note("TrainingImage", image, message)
    static = _static(section)
    arguments = [f"--{name}=${{{{search_space.{ours}}}}}" for ours, name in named.items()]
    arguments += [f"--{k}={_plain(v)}" for k, v in static.items() if not k.startswith("sagemaker_")]
    trial: dict[str, Any] = {
        "image": options.image or image or PLACEHOLDER,
        "command": [*_program(section, static), *arguments],
        "env": _environment(section),
    }
    if options.gpus:
        trial["resources"] = {"limits": {"nvidia.com/gpu": options.gpus}}
    _convert_resources(section, trial)
    stopping = section.subsection("StoppingCondition")
    if (seconds := stopping.integer("MaxRuntimeInSeconds")) is not None:
        spec["limits"]["trialTimeout"] = seconds
    for key in ("MaxWaitTimeInSeconds", "MaxPendingTimeInSeconds"):
        stopping.ignore(key, "a trial waits for a node as long as the sweep runs")
    stopping.reject_unknown_keys()
    strategy = section.subsection("RetryStrategy")
    retries = strategy.integer("MaximumRetryAttempts")
    strategy.reject_unknown_keys()
    if retries is not None:
        trial["maxRetries"] = retries
    for key, reason in _IGNORED.items():
        section.ignore(key, reason)
    section.ignore(
        "OutputDataConfig", "spec.outputs keeps files; SM_MODEL_DIR is a folder of the pod"
    )
    section.reject_unknown_keys()
    spec["trial"] = trial


def _static(section: Section) -> Mapping[str, Any]:
    for key in ("TuningObjective", "HyperParameterRanges"):
        if section.read(key) is not None:
            section.reject(
                key, "...", "belongs to several definitions; write it in the configuration"
            )
    found = section.subsection("StaticHyperParameters").data
    return {str(name): value for name, value in found.items()}


def _program(section: Section, static: Mapping[str, Any]) -> list[str]:
    """Return the command: that of the option, else the script that SageMaker's containers start."""
    script = _plain(static.get("sagemaker_program", ""))
    given = section.conversion.options.command
    own = [n for n in static if n.startswith("sagemaker_") and (given or n != "sagemaker_program")]
    if own:
        message = "not carried over: SageMaker's containers read them to start the script"
        section.note("StaticHyperParameters", own, message)
    if given:
        return given.split()
    if script:
        message = (
            f"SageMaker puts the script into the image; python {script} needs it there, or --code"
        )
        section.note("StaticHyperParameters.sagemaker_program", script, message)
        return ["python", script]
    message = (
        "the image's own program reads files that SageMaker writes; --command gives the command"
    )
    section.note("AlgorithmSpecification", None, message)
    return [PLACEHOLDER]


def _plain(value: Any) -> str:
    """Return a hyperparameter as the script gets it: SageMaker's SDK writes them as JSON."""
    try:
        found = json.loads(value)
    except (TypeError, ValueError):
        return str(value)
    return found if isinstance(found, str) else str(value)


def _environment(section: Section) -> list[dict[str, str]]:
    found = {str(k): str(v) for k, v in section.subsection("Environment").data.items()}
    listed = section.read("InputDataConfig", [])
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        channel = str(entry.get("ChannelName", "")) if isinstance(entry, Mapping) else ""
        found.setdefault(f"SM_CHANNEL_{channel.upper().replace('-', '_')}", PLACEHOLDER)
        message = f"the data is at AWS: mount it as a volume, and put its path for {PLACEHOLDER}"
        section.note(f"InputDataConfig[{number}]", channel, message)
    return [{"name": name, "value": value} for name, value in {**_FOLDERS, **found}.items()]


def _convert_resources(section: Section, trial: dict[str, Any]) -> None:
    resources = section.subsection("ResourceConfig")
    if (count := resources.integer("InstanceCount")) is not None and count > 1:
        trial["instanceCount"] = count
    kind = resources.text("InstanceType")
    if kind is not None:
        resources.note(
            "InstanceType", kind, "is a machine of AWS's: --gpus gives the GPUs of a trial"
        )
    for key in ("VolumeSizeInGB", "VolumeKmsKeyId", "KeepAlivePeriodInSeconds"):
        resources.ignore(key, "a trial uses the disk of its node, or volumes of trial.template")
    if resources.read("InstanceGroups") is not None:
        message = (
            "groups of different machines are not supported; write InstanceType and InstanceCount"
        )
        resources.reject("InstanceGroups", "...", message)
    resources.reject_unknown_keys()


def _metrics(algorithm: Section, metric: str) -> dict[str, Any]:
    """Return how the log is read: by the regular expression of the objective's metric."""
    listed = algorithm.read("MetricDefinitions", [])
    found: dict[str, Any] = {"source": "logs"}
    for number, entry in enumerate(listed if isinstance(listed, list) else []):
        one = algorithm.conversion.section(entry, algorithm.at(f"MetricDefinitions[{number}]"))
        name, regex = one.text("Name"), one.text("Regex")
        one.reject_unknown_keys()
        if name == metric and regex:
            found["pattern"] = named_value(regex)
        elif name:
            one.note("Name", name, "only the objective is read from the log")
    return found


def named_value(regex: str) -> str:
    """Return a regular expression whose first group is named ``value``.

    >>> named_value("loss[(]x[)] = (.*?);")
    'loss[(]x[)] = (?P<value>.*?);'
    >>> named_value("(?:train|valid) loss = (?P<loss>[0-9.]+)")
    '(?:train|valid) loss = (?P<value>[0-9.]+)'
    """
    position, in_class = 0, False
    while position < len(regex):
        letter = regex[position]
        if letter == "\\":
            position += 1
        elif letter == "[":
            in_class = True
        elif letter == "]":
            in_class = False
        elif letter == "(" and not in_class and (opened := _GROUP.match(regex, position)):
            return f"{regex[:position]}(?P<value>{regex[opened.end() :]}"
        position += 1
    return regex
