"""Converts a ``ScriptRunConfig`` to what a trial runs, with what the Azure map says."""

from __future__ import annotations

import os
import posixpath
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...api import names
from ...sdk.arguments import ArgumentError
from ...sdk.command import command as make_command
from ...sdk.data import Output
from ...sdk.job import Command
from ...training.unused_arguments import level_of_the_program
from ..data.output_dataset_config import OutputFileDatasetConfig
from .argument_words import (
    WordError,
    argument_words,
    command_words,
    with_data_paths,
    without_swept,
)
from .data_places import DataPlaces
from .processes import UnsupportedProcesses, launcher, pod_arguments
from .script_run_config import ScriptRunConfig

if TYPE_CHECKING:
    from ...loading.azure_map import AzureMap, ComputeEntry

_UNRESOLVED = "unresolved"  # of a sweep that is checked before its workspace is known
_FOLDERS = ("outputs", "logs")


@dataclass
class TrialParts:
    """What a trial runs.

    Attributes:
        command: The command.
        code: Folder of the code on this machine; empty for the current folder.
    """

    command: Command
    code: str = ""


@dataclass
class TrialResolver:
    """Converts one ``ScriptRunConfig``.

    Attributes:
        config: The script.
        arguments: Names of arguments by parameter name.
        azure_map: The Azure map; None to check the rest before the workspace is known.
        is_local: Whether the trial runs on this machine.
        problems: What is missing or unsupported, a line each.
    """

    config: ScriptRunConfig
    arguments: Mapping[str, str]
    azure_map: AzureMap | None
    is_local: bool
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._data = DataPlaces(self.azure_map, self.is_local)
        self._working_dir, self._snapshot = "", ""

    def resolve(self) -> TrialParts:
        """Return what a trial runs.

        Raises:
            ArgumentError: Something is missing or unsupported; the message lists all, a line each.
        """
        image, compute = self._image(), self._compute()
        words = self._words()
        options = {**self._settings(compute), **self._pods(), **self.config.kubernetes}
        # Outside of Azure, v1's Run.log prints to the standard output.
        options.setdefault("metrics", "logs")
        variables = {**self.config.run_config.environment_variables, **self._data.environment}
        outputs = self._outputs()
        self.problems += self._data.problems
        if self.problems:
            lines = list(dict.fromkeys(self.problems))
            separator = "\n" if len(lines) > 1 else " "
            raise ArgumentError(separator.join(["ScriptRunConfig:", *lines]))
        if self._snapshot:
            options.setdefault("code", self._snapshot)
        own = dict(options.pop("environment_variables", None) or {})
        made = make_command(
            command=words,
            image=image,
            outputs={**outputs, **(options.pop("outputs", None) or {})},
            environment_variables={**variables, **own},
            **options,
        )
        if self._working_dir:
            made.placement = replace(made.placement, working_directory=self._working_dir)
        return TrialParts(made, self._code_folder())

    def _image(self) -> str | None:
        if self.config.image is not None or "template" in self.config.kubernetes:
            return self.config.image
        if self.azure_map is None or self.is_local:
            return _UNRESOLVED
        environment = self.config.environment
        found = environment.image(self.azure_map)
        if found is None:
            parts = (environment.name, environment.version)
            reference = ":".join(filter(None, parts))
            self.problems.append(
                f"environment={environment.name!r}: {self.azure_map.missing('environment', reference)}; "
                "or give image=IMAGE"
            )
        return found

    def _compute(self) -> list[ComputeEntry]:
        name, target = self.config.compute_name, self.config.compute_target
        if self.azure_map is None or self.is_local or name is None:
            return []
        size = getattr(target, "vm_size", None) or self.config.run_config.amlcompute.vm_size
        found = [
            self.azure_map.find_compute(name),
            self.azure_map.find_instance_type(size) if size else None,
        ]
        entries = [entry for entry in found if entry is not None]
        if not entries:
            self.problems.append(
                f"compute_target={name!r}: {self.azure_map.missing('compute', name)}"
            )
        return entries

    def _pods(self) -> dict[str, Any]:
        nodes = self.config.run_config.node_count
        if self.config.process_configuration is None and nodes > 1:
            self.problems.append(
                f"RunConfiguration: node_count={nodes}: nothing starts the processes; give "
                f"distributed_job_config=PyTorchConfiguration(node_count={nodes}), or MpiConfiguration"
            )
        try:
            return pod_arguments(self.config.process_configuration)
        except UnsupportedProcesses as error:
            self.problems.append(str(error))
            return {}

    def _settings(self, entries: list[ComputeEntry]) -> dict[str, Any]:
        """Return the settings of the pod; those of the compute target hide those of its size."""
        found: dict[str, Any] = {}
        for entry in reversed(entries):
            given = {
                "queue": entry.queue,
                "resources": entry.amounts(),
                "node_selector": dict(entry.node_selector),
                "tolerations": list(entry.tolerations),
                "service_account_name": entry.service_account_name,
            }
            found |= {key: value for key, value in given.items() if value}
        docker = self.config.docker_runtime_config
        for section in (docker, self.config.environment.docker):
            if getattr(section, "arguments", None):
                self.problems.append(
                    f"{type(section).__name__}: arguments={section.arguments!r}: a pod has no docker "
                    "arguments; give template=, a pod template"
                )
        shm_size = docker.shm_size or self.config.environment.docker.shm_size
        volumes = {} if self.is_local else dict(self._data.volumes)
        return found | {
            key: value
            for key, value in (("shm_size", shm_size), ("volumes", volumes))
            if value and not self.is_local
        }

    def _words(self) -> str | list[str] | None:
        try:
            for name, reference in self.config.run_config.data_references.items():
                where = f"run_config.data_references[{name!r}]"
                if not hasattr(getattr(reference, "dataset", reference), "references"):
                    raise WordError(
                        f"{where}: {reference!r}: must be data: Datastore(...).path(PATH)"
                    )
                self._data.add(where, reference)
            argument_words("inputs", self.config.inputs, self._data.add)
            if self.config.run_config.data:
                raise WordError(
                    "run_config.data: give the dataset as an argument: "
                    "arguments=[..., dataset.as_named_input(NAME).as_mount()]"
                )
            if (self.config.script is None) == (self.config.command is None):
                raise WordError("give exactly one of script and command")
            words = self._command() if self.config.command is not None else self._script()
            paths = self._data.reference_paths
            if isinstance(words, str):
                return with_data_paths(words, paths)
            return [with_data_paths(word, paths) for word in words]
        except (WordError, UnsupportedProcesses) as error:
            self.problems.append(str(error))
            return None

    def _command(self) -> str | list[str]:
        command = self.config.command
        assert command is not None
        if self.config.arguments:
            raise WordError("arguments: belong to script; write them into command")
        if self.config.process_configuration is not None:
            raise WordError(
                "distributed_job_config: belongs to script; start the processes in command"
            )
        self._script_path("")
        return command_words(command, self.arguments, self._data.add)

    def _script(self) -> list[str]:
        assert self.config.script is not None
        python = sys.executable if self.is_local else "python"
        words = argument_words("arguments", self.config.arguments, self._data.add)
        kept, left_out = without_swept(words, self.arguments.values())
        for name in left_out if self.azure_map is None else ():  # once, when the sweep is defined
            warnings.warn(
                f"{name} is a parameter of the sweep; its argument is left out",
                stacklevel=level_of_the_program(),
            )
        start = launcher(python, self.config.process_configuration)
        # In Azure's order: programs read get_details()["runDefinition"]["arguments"] by position.
        swept = [
            word
            for name, argument in sorted(self.arguments.items(), key=lambda pair: pair[1])
            for word in (f"--{argument}", f"${{{{search_space.{name}}}}}")
        ]
        return [*start, self._script_path(self.config.script), *kept, *swept]

    def _script_path(self, script: str) -> str:
        """Return the path of the script in a trial."""
        folder = self.config.source_directory
        if folder is None or self.is_local or self.azure_map is None:
            return script
        entry = self.azure_map.find_code(_relative(folder))
        if entry is None and (self.config.image is not None or not self.azure_map.name):
            return posixpath.join(folder, script) if script else ""  # a folder of the image
        if entry is None:
            missing = self.azure_map.missing("code", _relative(folder))
            self.problems.append(f"source_directory={folder!r}: {missing}")
            return script
        if entry.path:
            self._working_dir = entry.path
        else:
            self._snapshot = folder
        return script

    def _code_folder(self) -> str:
        return self.config.source_directory or "" if self.is_local else ""

    def _outputs(self) -> dict[str, Output]:
        """Return the outputs of a trial: those of its arguments, and ``outputs`` and ``logs``."""
        if self.azure_map is None:
            return {a.name: Output(volume={"emptyDir": {}}) for a in self._output_arguments()}
        found = {}
        folder = names.CODE_FOLDER if self._snapshot else self._working_dir
        for argument in self._output_arguments():
            found[argument.name] = self._output_of(argument, folder)
        if folder:
            for name in _FOLDERS:
                mount = posixpath.join(folder, name)
                found[name] = self._output(name, None, name, mount, required=False)
        return {name: output for name, output in found.items() if output is not None}

    def _output_of(self, argument: OutputFileDatasetConfig, folder: str) -> Output | None:
        """Return the output of an argument, mounted where the script writes if it says where.

        Args:
            argument: the argument.
            folder: folder of the code in the container.
        """
        mount = posixpath.join(folder, argument.source) if argument.source else ""
        if mount and not posixpath.isabs(mount) and not self.is_local:
            self.problems.append(
                f"OutputFileDatasetConfig: source={argument.source!r}: must be an absolute path "
                "where the image has the code"
            )
        path = argument.path or argument.name
        return self._output(argument.name, argument.datastore, path, mount, required=True)

    def _output(
        self, name: str, datastore: str | None, path: str, mount: str, *, required: bool
    ) -> Output | None:
        assert self.azure_map is not None
        if self.is_local:
            return Output(volume={"emptyDir": {}})  # a folder of this machine
        entry = self.azure_map.find_datastore(datastore)
        if entry is not None and entry.volume:
            volume = dict(entry.volume)
            # Outputs of one volume would otherwise be one folder.
            below = posixpath.join(entry.path, path)
            return Output(volume=volume, mount_path=mount or None, sub_path=below)
        if required:
            missing = self.azure_map.missing("datastore", datastore or "workspaceblobstore")
            self.problems.append(f"OutputFileDatasetConfig: {missing}")
        return None

    def _output_arguments(self) -> list[OutputFileDatasetConfig]:
        given = [*self.config.arguments]
        if isinstance(self.config.command, (list, tuple)):
            given += self.config.command
        return [a for a in given if isinstance(a, OutputFileDatasetConfig)]


def _relative(folder: str) -> str:
    """Return a path relative to the current folder if it is below it, as a map has it."""
    path = os.path.relpath(folder) if os.path.isabs(folder) else folder
    return folder if path.startswith("..") else path
