"""Tests that no key of one of Katib's Experiments is dropped without a word."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from .foreign_files import KATIB, KATIB_MANIFEST
from .katib import outcome

FILES = {"Job": KATIB, "manifest": KATIB_MANIFEST}
# The type says what the value means, so that the file is the same without it, or refused.
SAME_WITHOUT = {
    "spec.metricsCollectorSpec.collector",
    "spec.metricsCollectorSpec.collector.kind",
}


def paths(
    node: Any, path: str = "", parts: tuple[Any, ...] = ()
) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the path of every key and item."""
    if isinstance(node, dict):
        steps = [(f"{path}.{key}".strip("."), key) for key in node]
    else:
        steps = [(f"{path}[{n}]", n) for n in range(len(node))] if isinstance(node, list) else []
    found = []
    for name, key in steps:
        found += [(name, (*parts, key)), *paths(node[key], name, (*parts, key))]
    return found


WALK = [(kind, *found) for kind, data in FILES.items() for found in paths(data)]
IDS = [f"{kind}-{name}" for kind, name, _ in WALK]


@pytest.mark.parametrize("kind", FILES)
def test_the_full_experiment_is_converted(kind: str) -> None:
    assert outcome(FILES[kind])[0] is not None, outcome(FILES[kind])


@pytest.mark.parametrize(("kind", "path", "parts"), WALK, ids=IDS)
def test_no_key_is_dropped_silently(kind: str, path: str, parts: tuple[Any, ...]) -> None:
    """Without a key, the SweepJob, the notes or the refusals are others."""
    data = copy.deepcopy(FILES[kind])
    node: Any = data
    for part in parts[:-1]:
        node = node[part]
    del node[parts[-1]]
    assert (outcome(data) == outcome(FILES[kind])) == (path in SAME_WITHOUT), path


@pytest.mark.parametrize(("path", "parts"), paths(KATIB), ids=[name for name, _ in paths(KATIB)])
def test_an_unknown_key_is_refused(path: str, parts: tuple[Any, ...]) -> None:
    """Beside every key of Katib's own objects."""
    data = copy.deepcopy(KATIB)
    node: Any = data
    for part in parts[:-1]:
        node = node[part]
    free = ("labels", "annotations", "nodeSelector", "primaryPodLabels", "status", "managedFields")
    if isinstance(node, list) or any(part in (*free, "containers") for part in parts[:-1]):
        return
    if parts[:-1][-2:] == ("template", "spec") or (
        parts[-2:-1] == ("metadata",) and "template" in parts
    ):
        return  # the pod's own keys are carried over whatever they are
    node["surprise"] = {"a": 1}
    found, said = outcome(data)
    assert found is None
    assert any("surprise" in line for line in said), said
