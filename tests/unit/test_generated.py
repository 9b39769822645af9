"""The files made from the CRDs, and what they are made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.search.samplers.registry import SAMPLERS

from tests.generated.__main__ import ROOT, contents
from tests.generated.crd import own

from .builders import sweepjob

SCHEMA = json.loads((ROOT / "docs" / "reference" / "sweepjob.schema.json").read_text())
EXAMPLES = sorted((ROOT / "examples").rglob("sweep*.yaml"))


CONTENTS = contents()


@pytest.mark.parametrize("file", CONTENTS, ids=lambda file: file.name)
def test_generated_files_are_up_to_date(file: Path) -> None:
    assert file.read_text() == CONTENTS[file], "run make generated"


def crds() -> list[dict[str, Any]]:
    return [
        yaml.safe_load(file.read_text()) for file in sorted((ROOT / "crds").glob("sweep*.yaml"))
    ]


def undescribed(path: str, node: dict[str, Any]) -> Iterator[str]:
    for key, sub in node.get("properties", {}).items():
        if path or key not in ("apiVersion", "kind", "metadata"):
            if not sub.get("description"):
                yield f"{path}.{key}"
            yield from undescribed(f"{path}.{key}", sub)
    for part in ("items", "additionalProperties"):
        if isinstance(node.get(part), dict):
            yield from undescribed(f"{path}[]", node[part])


@pytest.mark.parametrize("crd", crds(), ids=lambda crd: crd["spec"]["names"]["kind"])
def test_every_field_is_described_and_the_crd_is_small(crd: dict[str, Any]) -> None:
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert list(undescribed("", schema)) == []
    # kubectl apply keeps the last one in an annotation of at most so many bytes.
    assert len(json.dumps(crd)) < 256 * 1024


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_examples_fit_the_schema(file: Path) -> None:
    jsonschema.validate(yaml.safe_load(file.read_text()), SCHEMA)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit": {}}, "limit"),
        ({"objective": {"goal": "max", "primaryMetric": "m"}}, "max"),
        ({"limits": {"maxTotalTrials": 0}}, "0"),
        ({"searchSpace": {"x": {"typ": "uniform"}}}, "typ"),
        ({"searchSpace": {"x": {"type": "loguniform", "low": 0, "high": 1}}}, "0"),
        ({"searchSpace": {"x": {"type": "loguniform", "minValue": {"value": 1}}}}, "number"),
        ({"trial": None}, "trial"),
    ],
)
def test_the_editor_schema_rejects_mistakes(change: dict[str, Any], words: str) -> None:
    body = sweepjob()
    jsonschema.validate(body, SCHEMA)
    with pytest.raises(jsonschema.ValidationError, match=words):
        jsonschema.validate(sweepjob(**change), SCHEMA)


def declared() -> list[tuple[str, str]]:
    kinds = {"policy": own(POLICIES), "sampler": own(SAMPLERS)}
    return [(kind, d.name) for kind, found in kinds.items() for d in found]


@pytest.mark.parametrize(("kind", "name"), declared())
def test_every_policy_and_sampler_is_explained_in_the_docs(kind: str, name: str) -> None:
    """The table of fields is generated; what each does is written by hand."""
    pages = [p for p in (ROOT / "docs").rglob("*.md") if p.name != "api.md"]
    explained = [
        p for p in pages if f"`{name}`" in p.read_text() or f"type: {name}" in p.read_text()
    ]
    assert explained, f"no page in docs/ says what the {kind} {name} does"
