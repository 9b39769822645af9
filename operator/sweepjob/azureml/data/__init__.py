"""``azureml.data``: datasets and references to data."""

from __future__ import annotations

from typing import Any

from .._lazy import public_name
from .._other_names import other_names

_HOMES = {
    "FileDataset": "file_dataset",
    "HDFSOutputDatasetConfig": "output_dataset_config",
    "LinkFileOutputDatasetConfig": "output_dataset_config",
    "LinkTabularOutputDatasetConfig": "output_dataset_config",
    "OutputFileDatasetConfig": "output_dataset_config",
    "TabularDataset": "tabular_dataset",
    "data_reference": "data_reference",
    "datapath": "datapath",
    "dataset_consumption_config": "dataset_consumption_config",
}


def __getattr__(name: str) -> Any:
    try:
        return public_name(__name__, name, _HOMES)
    except AttributeError:
        return other_names(__name__)(name)
