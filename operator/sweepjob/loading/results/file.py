"""A file with results on this machine, and the ConfigMap that carries it to a sweep."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...api import names
from ..errors import LoadError
from ..optuna_space import known_value
from ..optuna_storage import is_study, read_study
from ..sweep_files import read_text
from .result import MAX_BYTES

_MOST_READ = 64 * 1024 * 1024  # bytes, so that the message can say how much too large a file is
_TOO_LARGE = "leave out columns and trials that are not needed"


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """The results of a file, as they are uploaded.

    Attributes:
        directory: what they were read from, for messages.
        key: the key in the ConfigMap.
        text: the contents.
    """

    directory: str
    key: str
    text: str

    @property
    def config_map_name(self) -> str:
        """The name of its ConfigMap. It depends on the contents, so it is uploaded once."""
        return f"sweepjob-results-{hashlib.sha256(self.text.encode()).hexdigest()[:16]}"

    def to_spec(self) -> dict[str, Any]:
        """Return the entry of ``spec.warmStart.results``."""
        return {"configMap": {"name": self.config_map_name, "key": self.key}}

    def config_maps(self, namespace: str | None = None) -> list[dict[str, Any]]:
        """Return the ConfigMap, in a list.

        Args:
            namespace: the namespace of the sweep; None to leave it open.
        """
        where = {"namespace": namespace} if namespace else {}
        labels = {names.LABEL_RESULTS: self.config_map_name.rpartition("-")[2]}
        return [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": self.config_map_name, **where, "labels": labels},
                "immutable": True,
                "data": {self.key: self.text},
            }
        ]


def read_results_file(name: str) -> ResultsFile:
    """Read a file with results: a text, or a storage of Optuna's with one study.

    Args:
        name: the name of the file.

    Raises:
        LoadError: it cannot be read, or is too large for a ConfigMap.
    """
    if is_study(name):
        return results_of_study(name, read_study(name, None))
    return results_of_text(name, read_text(name, _MOST_READ))


def results_of_text(source: str, text: str) -> ResultsFile:
    """Return results that are in memory.

    Args:
        source: what they are from, for messages.
        text: the contents.

    Raises:
        LoadError: they are too large for a ConfigMap.
    """
    size = len(text.encode())
    if size > MAX_BYTES:
        raise LoadError(
            f"{source}: has {size} bytes, and a ConfigMap holds {MAX_BYTES}; {_TOO_LARGE}"
        )
    suffix = "json" if text.lstrip()[:1] in ("[", "{") else "csv"
    return ResultsFile(source, f"results.{suffix}", text)


def results_of_study(source: str, study: Any) -> ResultsFile:
    """Return the results of a study of Optuna's.

    Args:
        source: what it is from, for messages.
        study: has Optuna's ``trials`` and ``metric_names``.
    """
    rows = (_row(trial, getattr(study, "metric_names", None)) for trial in study.trials)
    text = "".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows)
    return results_of_text(source, text)


def _row(trial: Any, metrics: Any) -> Mapping[str, Any]:
    values = list(trial.values or ()) if trial.state.name == "COMPLETE" else []
    names_of = metrics or range(len(values))
    return {
        "parameters": {name: known_value(value) for name, value in trial.params.items()},
        "state": trial.state.name,
        **{f"values_{name}": value for name, value in zip(names_of, values, strict=False)},
        **{
            f"user_attrs_{name}": value
            for name, value in trial.user_attrs.items()
            if isinstance(value, int | float)
        },
    }


def with_results(manifest: Mapping[str, Any], files: Sequence[ResultsFile]) -> dict[str, Any]:
    """Return a SweepJob object that is warm-started from files, in the place of its own results.

    Args:
        manifest: the object.
        files: the files; without any, the object stays as it is.
    """
    if not files:
        return dict(manifest)
    spec = dict(manifest["spec"])
    spec["warmStart"] = {
        **(spec.get("warmStart") or {}),
        "results": [file.to_spec() for file in files],
    }
    return {**manifest, "spec": spec}
