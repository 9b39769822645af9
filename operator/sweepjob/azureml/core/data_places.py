"""Finds what the data of a trial are: a path on a volume, on this machine, or an address."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...training.environment import DATASETS
from ..data.data_reference import VARIABLE, DataReference
from ..data.pipeline_data import PipelineData
from .datastore import Datastore

if TYPE_CHECKING:
    from ...loading.azure_map import AzureMap, DataEntry

_WEB = ("http://", "https://")


class DataPlaces:
    """The data of one trial.

    Args:
        azure_map: The Azure map; None to check the rest of a sweep before its workspace is known.
        is_local: Whether the trial runs on this machine.

    Attributes:
        volumes: Volume sources by mount path.
        environment: Environment variables by which the script finds the data.
        problems: What is missing, a line each.
    """

    def __init__(self, azure_map: AzureMap | None, is_local: bool) -> None:
        self._map, self._is_local = azure_map, is_local
        self.volumes: dict[str, Mapping[str, Any]] = {}
        self.environment: dict[str, str] = {}
        self.problems: list[str] = []
        self.reference_paths: dict[str, str] = {}

    def add(self, where: str, data: Any) -> str:
        """Add data, and return the word by which the script gets them.

        Args:
            where: The argument, for messages.
            data: A dataset, a named input, or a path on a datastore.
        """
        if self._map is None:
            self._name(getattr(data, "input_name", "") or "", "direct", "data", data)
            return "data"
        if isinstance(data, Datastore):
            data = data.path()
        dataset = getattr(data, "dataset", data)
        if getattr(dataset, "is_changed", False):
            self.problems.append(
                f"{where}: {dataset!r}: rows or columns were selected in this program, which the trial "
                "does not see; write the data frame to a file, and make a dataset of that"
            )
            return "data"
        mode = getattr(data, "mode", "mount" if isinstance(data, DataReference) else "direct")
        path = self._path(where, dataset, mode)
        self._name(getattr(data, "input_name", "") or "", mode, path, data)
        return path

    def _name(self, name: str, mode: str, path: str, data: Any) -> None:
        if isinstance(data, (DataReference, PipelineData)):
            self.environment[f"{VARIABLE}{name}"] = path
            self.reference_paths[name] = path
        elif name:
            listed = [entry for entry in self.environment.get(DATASETS, "").split(",") if entry]
            self.environment[DATASETS] = ",".join(dict.fromkeys([*listed, f"{name}:{mode}"]))
            self.environment[name] = path

    def _path(self, where: str, dataset: Any, mode: str) -> str:
        assert self._map is not None
        reference = _one_reference(dataset)
        entry = self._map.find_data(reference)
        if entry is None and (name := getattr(dataset, "name", None)):
            entry = self._map.find_data(f"azureml:{name}")
            reference = f"azureml:{name}" if entry is None else reference
        if entry is not None:
            return self._mapped(where, reference, entry)
        if reference.startswith(_WEB) and mode == "direct":
            return reference
        if self._is_local and Path(reference).exists():
            return os.path.abspath(reference)
        self.problems.append(f"{where}: {reference}: {self._map.missing('data', reference)}")
        return "data"

    def _mapped(self, where: str, reference: str, entry: DataEntry) -> str:
        assert self._map is not None
        if not self._is_local:
            if not entry.value:
                self.problems.append(
                    f"{where}: {reference}: its entry in {self._map.name} has only local:, which is for "
                    "this machine; add claim: and path:"
                )
            if entry.volume:
                self.volumes[entry.mount_path] = entry.volume
            return entry.value
        if entry.local:
            return os.path.abspath(entry.local)
        if "://" in entry.value:
            return entry.value
        self.problems.append(
            f"{where}: {reference}: is on a volume of the cluster; add local: PATH to its entry in "
            f"{self._map.name} for sweeps on this machine"
        )
        return "data"


def _one_reference(dataset: Any) -> str:
    """Return what a dataset is in Azure's terms; of several files the folder that has all."""
    references: tuple[str, ...] = dataset.references
    if len(references) == 1:
        return references[0].removesuffix("/**").removesuffix("/*")
    scheme, _, first = references[0].partition("://")
    rest = [reference.partition("://")[2] for reference in references]
    if not first or not all(rest):
        return os.path.commonpath(references)
    return f"{scheme}://{posixpath.commonpath([first, *rest])}"
