"""The operator without Helm: the chart, rendered, for ``kubectl apply -k``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from tests.cluster import build, layout
from tests.cluster.console import run

FILE = layout.PROJECT / "manifests" / "operator.yaml"
_HEAD = "# Made from the chart by `make generated`; change it by a kustomization of your own.\n"
_VALUES = "crds.enabled=false,intake.existingSecret=sweepjob-intake"
_OF_HELM = ("app.kubernetes.io/managed-by", "helm.sh/chart")


def rendered() -> str:
    """What belongs into the file."""
    helm = str(build.kubernetes() / "helm")
    chart = str(layout.PROJECT / "helm" / "sweepjob")
    names = ("template", "sweepjob", chart, "--namespace", "sweepjob-system", "--skip-tests")
    text = run([helm, *names, "--set", _VALUES])
    documents = [_without_helm(d) for d in yaml.safe_load_all(text) if d is not None]
    return _HEAD + yaml.safe_dump_all(documents, sort_keys=False, width=120)


def _without_helm(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_helm(item) for item in node]
    if isinstance(node, dict):
        return {key: _without_helm(sub) for key, sub in node.items() if key not in _OF_HELM}
    return node


def outdated() -> list[Path]:
    """The file, if it is not what the chart says."""
    return [] if FILE.exists() and FILE.read_text() == rendered() else [FILE]


def main() -> int:
    for file in outdated():
        file.write_text(rendered())
        print(f"written: {file.relative_to(layout.PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
