"""Gives each output on a volume a folder of its own, as Azure does."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from .entries import DataEntry

KEPT = ("outputs", "logs")  # folders of the code


def separate_folders(
    outputs: MutableMapping[str, dict[str, Any]], names: Iterable[str] | None = None
) -> None:
    """Add the output's name to the ``subPath`` of outputs that would share a folder on a volume.

    Args:
        outputs: the entries of ``spec.outputs``.
        names: the outputs that may be changed; all by default.
    """
    places = Counter(_place(output) for output in outputs.values())
    for name in list(outputs if names is None else names):
        output = outputs[name]
        if places[_place(output)] > 1:
            path = posixpath.join(output.get("subPath", ""), name)
            outputs[name] = {**output, "subPath": path}


def kept_folders(
    outputs: Mapping[str, Mapping[str, Any]], store: DataEntry | None, code: str
) -> dict[str, dict[str, Any]]:
    """Return entries that keep ``./outputs`` and ``./logs`` of the code, as Azure does.

    Args:
        outputs: the entries of ``spec.outputs``, which have precedence.
        store: the default datastore; None if the map has none.
        code: folder of the code in the container; empty if it is not known.
    """
    if not code or store is None or not store.volume:
        return {}
    mounted = {output.get("mountPath") for output in outputs.values()}
    return {
        name: {
            "volume": dict(store.volume),
            "mountPath": mount,
            "subPath": posixpath.join(store.path, name),
        }
        for name in KEPT
        if name not in outputs and (mount := posixpath.join(code, name)) not in mounted
    }


def _place(output: Mapping[str, Any]) -> str:
    return json.dumps([output["volume"], output.get("subPath", "")], sort_keys=True)
