"""The Helm charts, with the images of the release and what Artifact Hub shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from . import archives, tools
from .source import Source

CHARTS = ("sweepjob", "sweepjob-crds")
_REPOSITORY = re.compile(r"\bsweepjob/(operator|sidecar|trainer)\b")


def with_registry(text: str, registry: str) -> str:
    """Return text whose image references have the registry of the release.

    Args:
        text: a file of the chart or a manifest.
        registry: prefix of the images, such as ``registry.example.org/team``; empty for none.
    """
    return _REPOSITORY.sub(rf"{registry}/sweepjob/\1", text) if registry else text


def image(name: str, version: str, registry: str) -> str:
    """Return the reference of an image of the release."""
    return with_registry(f"sweepjob/{name}:{version}", registry)


def package(source: Source, output: Path, registry: str) -> None:
    """Package both charts.

    Args:
        source: the commit; its charts get the images and the annotations.
        output: folder of the release.
        registry: prefix of the images; empty for none.
    """
    values = source.folder / "helm" / "sweepjob" / "values.yaml"
    values.write_text(with_registry(values.read_text(), registry))
    for chart in CHARTS:
        folder = source.folder / "helm" / chart
        _annotate(folder / "Chart.yaml", hub_annotations(source, chart, registry))
        versions = ("--version", source.version, "--app-version", source.version)
        tools.helm("package", str(folder), "--destination", str(output), *versions)
        packaged = output / f"{chart}-{source.version}.tgz"
        # Helm gives files the times of its own and of the working tree.
        archives.write_tar(packaged, archives.read_tar(packaged), source.epoch)


def hub_annotations(source: Source, chart: str, registry: str) -> dict[str, str]:
    """Return what Artifact Hub shows of a chart."""
    found = {
        "artifacthub.io/license": "Apache-2.0",
        "artifacthub.io/category": "ai-machine-learning",
        "artifacthub.io/operator": "true",
        "artifacthub.io/operatorCapabilities": "Full Lifecycle",
        "artifacthub.io/prerelease": str(source.version.startswith("0.")).lower(),
        "artifacthub.io/crds": _dump(_crds(source)),
    }
    if chart == "sweepjob":
        images = [(name, image(name, source.version, registry)) for name in ("operator", "sidecar")]
        found["artifacthub.io/images"] = _dump([{"name": n, "image": ref} for n, ref in images])
    return found


def _crds(source: Source) -> list[dict[str, str]]:
    found = []
    for file in sorted((source.folder / "crds").glob("sweep*.yaml")):
        spec = yaml.safe_load(file.read_text())["spec"]
        kind, [version] = spec["names"]["kind"], spec["versions"]
        schema = version["schema"]["openAPIV3Schema"]
        about = " ".join(str(schema.get("description", kind)).split())
        item = {
            "kind": kind,
            "version": version["name"],
            "name": f"{spec['names']['plural']}.{spec['group']}",
        }
        found.append({**item, "displayName": kind, "description": about})
    return found


def repository_metadata(identifier: str) -> str:
    """Return ``artifacthub-repo.yml``, which claims the charts' repository for its owner.

    Args:
        identifier: id that Artifact Hub shows for the repository; empty before it is added there.
    """
    head = (
        "# Push it as RELEASING.md describes; Artifact Hub then shows the publisher as verified.\n"
    )
    if not identifier:
        return (
            head + "# repositoryID: set ARTIFACTHUB_ID once the repository is added.\nowners: []\n"
        )
    return head + _dump({"repositoryID": identifier})


def _annotate(file: Path, found: dict[str, str]) -> None:
    chart = yaml.safe_load(file.read_text())
    chart["annotations"] = {**(chart.get("annotations") or {}), **found}
    file.write_text(_dump(chart))


def _dump(value: Any) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, width=1000)
    return text
