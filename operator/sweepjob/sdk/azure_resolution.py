"""Resolves what a sweep in Python takes from Azure: environment, compute, data, outputs and code."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..api.names import CODE_FOLDER
from ..loading.azure.environment import ENVIRONMENT_DETAILS
from ..loading.azure.inputs import OUTPUT_TYPE, data_differences, output_differences
from ..loading.azure.literals import typed
from ..loading.azure_map import (
    AzureMap,
    ComputeEntry,
    producing_step,
    resolve_data,
    resolve_environment,
)
from ..loading.azure_map.asset_names import is_address, split_datastore_uri
from ..loading.azure_map.output_folders import kept_folders, separate_folders
from ..loading.pod_settings import PodSettingError, PodSettings, add_amounts
from ..search.space import Scalar
from .azure_objects import Environment, values_of
from .data import Input, Output
from .definition import SweepDefinition
from .expressions import Expression, to_plain
from .object_name import object_name
from .trial import TrialDefinition

UNUSED_IMAGE = "image-is-not-used-here"
_NO_IMAGE = (
    "trial.image: None: is required: give image=, a container image, or environment= and an Azure map "
    "with it"
)
_SHM_OPTION = re.compile(r"--shm-size[= ](\S+)")
_REFERENCE = re.compile(r"\$\{\{\s*parent\.")


@dataclass
class Resolution:
    """What a sweep takes from Azure, as a SweepJob has it.

    Attributes:
        image: container image; empty if it has none.
        pod: settings of the pod.
        amounts: resources of the container.
        queue: Kueue's queue.
        inputs: entries of ``spec.inputs``.
        outputs: entries of ``spec.outputs``.
        code: folder of which a snapshot goes along; None if the code is in the image.
        notes: what is not carried over.
        problems: what is missing, each with the line to add.
    """

    image: str = ""
    pod: PodSettings = field(default_factory=PodSettings)
    amounts: dict[str, Any] = field(default_factory=dict)
    queue: str | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    code: Path | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Resolver:
    """Resolves a sweep by an Azure map.

    Args:
        azure_map: the map.
        local: True for a sweep on this machine, where image, compute and volumes are not used.
        is_draft: True for a sweep that is not submitted yet: what the map lacks is no problem.
        assets: environments, data and models that the program has registered, by reference.
    """

    def __init__(
        self,
        azure_map: AzureMap,
        local: bool = False,
        is_draft: bool = False,
        assets: Mapping[str, Any] | None = None,
    ) -> None:
        self._map, self._local, self._is_draft = azure_map, local or is_draft, is_draft
        # The same dict, which is empty at first, as that of the client's operations.
        self._assets = {} if assets is None else assets

    def _lacks(self, found: Resolution, message: str) -> None:
        if not self._is_draft:
            found.problems.append(message)

    def resolve(self, job: SweepDefinition) -> Resolution:
        """Return what a sweep takes from Azure."""
        trial = job.trial
        found = Resolution(pod=trial.placement, queue=job.queue)
        found.amounts = {key: dict(value) for key, value in trial.resources.items()}
        self._image(found, trial)
        if not self._local:
            self._compute(found, job)
        self._inputs(found, job)
        self._outputs(found, job)
        self._code(found, trial)
        if not self._local and trial.code is not None:
            self._own_folders(found)
        if job.name and (kept := object_name(job.name)) != job.name:
            found.notes.append(
                f"name: {job.name!r}: the SweepJob is named {kept}: names of Kubernetes objects have "
                "small letters, digits and -"
            )
        _other_settings(found, job)
        return found

    def _image(self, found: Resolution, trial: TrialDefinition) -> None:
        found.image = trial.image or ""
        if found.image or trial.trial.keys() & {"template", "manifest"}:
            return
        given = trial.environment
        if given is None:
            if self._is_draft or not self._local:
                found.problems.append(_NO_IMAGE)
            found.image = UNUSED_IMAGE
            return
        resolved = resolve_environment(self._map, self._environment(given))
        for key, reason in ENVIRONMENT_DETAILS.items():
            if getattr(given, key, None):
                found.notes.append(f"environment.{key}: not used: {reason}")
        found.image = resolved.value or (UNUSED_IMAGE if self._local else "")
        if not found.image:
            shown = given if isinstance(given, str) else getattr(given, "name", None) or "..."
            self._lacks(found, f"environment: {shown!r}: give image=, or {resolved.message}")

    def _environment(self, given: Any) -> Any:
        if isinstance(given, str):
            given = self._asset(given, Environment) or given
        return given.to_mapping() if isinstance(given, Environment) else given

    def _asset(self, reference: str, kind: type) -> Any:
        plain = reference.removeprefix("azureml:").replace("@latest", "")
        for key in (plain, plain.partition(":")[0]):
            found = self._assets.get(key)
            if found is not None and isinstance(found, kind):
                return found
        return None

    def _compute(self, found: Resolution, job: SweepDefinition) -> None:
        given = job.compute if job.compute is not None else job.trial.compute
        name = getattr(given, "name", given)
        self._place(found, "compute", name, self._map.find_compute(name))
        kind = job.trial.instance_type
        if kind is not None:
            self._place(found, "instance_type", kind, self._map.find_instance_type(kind))

    def _place(
        self, found: Resolution, section: str, name: str | None, entry: ComputeEntry | None
    ) -> None:
        if entry is not None:
            found.pod = found.pod.placed_on(entry)
            found.amounts = add_amounts(found.amounts, entry.amounts())
            found.queue = found.queue or entry.queue or None
        elif name is not None:
            missing = self._map.missing(section, name)
            found.notes.append(
                f"{section}: {name!r}: not used, the cluster schedules trials: {missing}"
            )

    def _inputs(self, found: Resolution, job: SweepDefinition) -> None:
        for name, value in job.inputs.items():
            if name not in job.swept:
                made = self._input(found, name, value, job.trial.folder)
                if made is not None:
                    found.inputs[name] = made

    def _input(self, found: Resolution, name: str, value: Any, folder: str) -> Any:
        if isinstance(value, Output) and (source := vars(value).get("_source")):
            return self._of_step(found, name, source.node.step_name, source.key)
        given = value if isinstance(value, Input) else to_plain(value)
        if isinstance(given, Mapping):
            given = Input(**given)
        if isinstance(given, Input):
            return self._of_input(found, name, given, folder)
        if given is None or isinstance(given, Expression):
            return None
        if isinstance(given, str) and _REFERENCE.match(given):
            self._lacks(found, f"inputs[{name!r}]: {given!r}: is of a pipeline; give the value")
            return None
        # "True" and "False", as in Azure
        return str(given) if isinstance(given, bool) else given

    def _of_step(self, found: Resolution, name: str, step: str, path: str) -> str | None:
        """Return the data that another step would have given, by the map.

        Args:
            found: receives the problem of a lacking entry.
            name: name of the input.
            step: name of the step.
            path: its output, as a key of the map or as the reference of a file.
        """
        if self._map.find_data(path) is not None or self._is_draft:
            return self._data(found, name, path, ".")
        message = (
            f"is an output of the step {step}: run that step, and give "
            f"create_or_update(..., inputs={{{name!r}: PATH}}), or {self._map.missing('data', path)}"
        )
        self._lacks(found, f"inputs[{name!r}]: {message}")
        return None

    def _of_input(self, found: Resolution, name: str, given: Input, folder: str) -> Any:
        path = getattr(given.path, "path", given.path)
        if path is None:
            default = _default(given)
            if default is not None:
                return default
            if self._is_draft and not given.optional:
                return ""
            if not given.optional:
                self._lacks(found, f"inputs[{name!r}].path: is required: where the data is")
            return None
        if given.intellectual_property is not None:
            found.notes.append(
                f"inputs[{name!r}].intellectual_property: not used: the cluster has access rules"
            )
        if given.path_on_compute or given.datastore:
            found.notes.append(f"inputs[{name!r}]: the Azure map has mount path and datastore")
        if step := producing_step(str(path)):
            return self._of_step(found, name, step, str(path))
        for key, text in data_differences(given.type, given.mode, self._local).items():
            found.notes.append(f"inputs[{name!r}].{key}: {getattr(given, key)!r}: {text}")
        return self._data(found, name, str(path), folder)

    def _data(self, found: Resolution, name: str, path: str, folder: str) -> str | None:
        if self._is_draft:
            return path
        if os.path.isabs(path) and not self._local and self._map.find_data(path) is None:
            return path  # a path in the container
        resolved = resolve_data(self._map, path, folder, self._local)
        asset = None if resolved.value else self._asset(path, object)
        if asset is not None and isinstance(getattr(asset, "path", None), str):
            resolved = resolve_data(self._map, asset.path, folder, self._local)
        if not resolved.value:
            self._lacks(found, f"inputs[{name!r}].path: {path!r}: {resolved.message}")
            return None
        if resolved.entry is not None and not self._local:
            try:
                found.pod = found.pod.with_data(resolved.entry)
            except PodSettingError as error:
                found.problems.append(f"inputs[{name!r}]: {error}")
        return resolved.value

    def _outputs(self, found: Resolution, job: SweepDefinition) -> None:
        for name, value in job.outputs.items():
            found.outputs[name] = self._output(found, name, value)
            _note_details(found, name, value)
        # Outputs have folders of their own, as in Azure. A folder that the program names stays.
        own = [n for n, v in job.outputs.items() if v.sub_path is None]
        separate_folders(found.outputs, own)

    def _output(self, found: Resolution, name: str, given: Output) -> dict[str, Any]:
        path = str(given.path) if given.path is not None else None
        on_store = path is not None and split_datastore_uri(path) is not None
        store = self._map.find_data(path) if path and on_store else self._map.find_datastore()
        spec = given.to_spec(store)
        if spec is not None:
            return spec
        if not self._local:
            section, key = (
                ("data", path) if path and on_store else ("datastore", "workspaceblobstore")
            )
            missing = self._map.missing(section, key)
            self._lacks(
                found,
                f"outputs[{name!r}]: give Output(claim=NAME), a PersistentVolumeClaim, or {missing}",
            )
        return {"volume": {"emptyDir": {}}}

    def _own_folders(self, found: Resolution) -> None:
        """Keep ``./outputs`` and ``./logs`` of the code on the default datastore, as Azure does."""
        code = CODE_FOLDER if found.code else found.pod.working_directory
        if self._map.name:
            found.outputs |= kept_folders(found.outputs, self._map.find_datastore(), code or "")

    def _code(self, found: Resolution, trial: TrialDefinition) -> None:
        if trial.code is None or self._is_draft:
            return
        code = str(trial.code)
        entry = self._map.find_code(code)
        if entry is not None and entry.path and not self._local:
            found.pod = replace(found.pod, working_directory=entry.path)
        elif is_address(code) or code.startswith("azureml:"):
            message = "only a folder of this machine is submitted; put the code into the image"
            found.notes.append(f"code: {code!r}: not used: {message}")
        else:
            found.code = trial.code_directory


def _note_details(found: Resolution, name: str, given: Output) -> None:
    """Note the settings of an output that are not used."""
    said = output_differences(vars(given))
    if str(given.type or "uri_folder").lower() != "uri_folder":
        said["type"] = OUTPUT_TYPE
    for key, text in said.items():
        value = getattr(given, key)
        found.notes.append(f"outputs[{name!r}].{key}: {value!r}: not used: {text}")


def _default(given: Input) -> Any:
    """Return the default of an input in the input's type: YAML reads ``1e-3`` as a text."""
    default = typed(str(given.type).lower(), to_plain(given.default))
    return str(default) if isinstance(default, bool) else default


def _other_settings(found: Resolution, job: SweepDefinition) -> None:
    """Note each setting of Azure's that is not used; Docker's size of shared memory is."""
    settings = {**job.trial.azure, **job.azure}
    arguments = settings.get("docker_args")
    if arguments:
        text = " ".join(arguments) if isinstance(arguments, list) else str(arguments)
        if (option := _SHM_OPTION.search(text)) and found.pod.shm_size is None:
            found.pod = found.pod.with_shared_memory(option[1])
        if _SHM_OPTION.sub("", text).strip():
            found.notes.append(f"docker_args: {text!r}: not used; give template=, a pod template")
    for name, value in settings.items():
        if name in _SAID and value is not None and _is_set(value):
            found.notes.append(f"{name}: not used: {_SAID[name]}")


def _is_set(value: Any) -> bool:
    try:
        return bool(values_of(value))
    except TypeError:
        return not isinstance(value, Scalar) or value not in ("", False)


_SAID = {
    "identity": "pods have service accounts; serviceAccountName of the compute in the Azure map",
    "services": "kubectl port-forward reaches a pod",
    "queue_settings": "queue and priorityClassName of the compute in the Azure map",
    "job_tier": "queue of the compute in the Azure map",
    "priority": "priorityClassName of the compute in the Azure map",
    "locations": "nodeSelector of the compute in the Azure map",
    "resources.properties": "they are settings of Azure's service",
    "max_instance_count": "a trial has as many pods as instance_count says",
    "additional_includes": "copy these files into the folder of the code",
    "parent_job_name": "a sweep has no parent",
}
