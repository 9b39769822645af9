"""Gives each output on a volume a folder of its own, as Azure does."""

from __future__ import annotations

import json
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any


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


def _place(output: Mapping[str, Any]) -> str:
    return json.dumps([output["volume"], output.get("subPath", "")], sort_keys=True)
