"""Where the data of a dataset are on this machine, or in the trial that this process belongs to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...training.datasets import InputDataset
from ...training.environment import TrialEnvironment
from ..exceptions import UserErrorException
from .datapath import DataPath


def data_references(path: Any) -> tuple[str, ...]:
    """Return what ``from_files`` and the like take, as Azure's addresses, URLs and paths.

    Args:
        path: A path or a URL, a path on a datastore (``DataPath`` or a pair), or a list of these.

    Raises:
        UserErrorException: It is none of these.
    """
    if isinstance(path, (str, os.PathLike)):
        return (os.fspath(path),)
    if isinstance(path, DataPath):
        return (path.uri,)
    if isinstance(path, tuple) and len(path) == 2 and hasattr(path[0], "uri"):
        return (DataPath(*path).uri,)
    if isinstance(path, Sequence) and path:
        return tuple(reference for one in path for reference in data_references(one))
    raise UserErrorException(f"path: {path!r}: must be a path, a URL, (datastore, path), or a list")


def located(references: Sequence[str], name: str | None, azure_map: Any) -> list[InputDataset]:
    """Return the paths and URLs of data for this process.

    Args:
        references: What the data are, in Azure's terms.
        name: Name of the dataset; None if it has none.
        azure_map: The Azure map; None in a trial.

    Raises:
        UserErrorException: They are neither here nor in the Azure map; the message has the line to add.
    """
    environment = TrialEnvironment.read(os.environ)
    inputs = environment.input_paths()
    if name and name in inputs:
        return [InputDataset(inputs[name])]
    return [_locate(reference, environment, azure_map) for reference in references]


def _locate(reference: str, environment: TrialEnvironment, azure_map: Any) -> InputDataset:
    entry = None if azure_map is None else azure_map.find_data(reference)
    if entry is not None and environment.trial:
        return InputDataset(entry.value)
    if entry is not None and entry.local:
        return InputDataset(entry.local)
    if reference.startswith(("http://", "https://")) or Path(reference).exists():
        return InputDataset(reference)
    if entry is not None and "://" in entry.value:
        return InputDataset(entry.value)
    if environment.trial:
        listed = ", ".join(environment.input_paths()) or "none"
        raise UserErrorException(
            f"{reference}: the trial has no such data; its inputs are: {listed}. Give it to the trial: "
            "arguments=[..., dataset.as_named_input(NAME)], and read run.input_datasets[NAME]"
        )
    if entry is not None:
        raise UserErrorException(
            f"{reference}: is on a volume of the cluster ({entry.value}): add local: PATH to its entry "
            f"in {azure_map.name} to read it on this machine"
        )
    missing = "" if azure_map is None else f": {azure_map.missing('data', reference)}"
    raise UserErrorException(f"{reference}: there are no such data{missing}")
