"""Code on a claim, and code that kustomize makes a ConfigMap of, as the guide describes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .documents import ROOT
from .sweeps import Sweeps, choice
from .volumes import claimed

TRAIN = """
import sys
from package.model import score
print(f"score={score(float(sys.argv[1]))}")
"""
MODEL = "def score(level):\n    return 1 - abs(level - 0.5)\n"


def spec_with(sweeps: Sweeps, code: dict[str, Any]) -> dict[str, Any]:
    spec = sweeps.spec(
        {"level": choice(0.2, 0.5)},
        samplingAlgorithm={"type": "grid"},
        limits={"maxTotalTrials": 2, "maxConcurrentTrials": 2},
        metrics={"source": "logs"},
    )
    spec["samplingAlgorithm"].pop("seed")
    command = "python train.py ${{search_space.level}}"
    spec["trial"] = {"image": sweeps.target.images["trainer"], "command": command, "code": code}
    return spec


def write_code(folder: Path) -> None:
    (folder / "package").mkdir(parents=True)
    (folder / "train.py").write_text(TRAIN)
    (folder / "package" / "model.py").write_text(MODEL)


def test_code_on_a_claim(sweeps: Sweeps) -> None:
    with claimed(sweeps) as volume:
        write_code(volume / "digits" / "v3")
        claim = {"claim": {"claimName": "models", "path": "digits/v3"}}
        sweeps.apply("claimed", spec_with(sweeps, claim))
        sweep = sweeps.await_end("claimed")
        assert sweep["status"]["best"]["value"] == "1.0"
        for trial in sweeps.trials("claimed"):
            assert "models" in trial["status"]["code"]


def test_code_by_kustomize(sweeps: Sweeps, tmp_path: Path) -> None:
    """The two files of the guide, with the sweep that they refer to, applied by kubectl apply -k."""
    page = (ROOT / "docs" / "how-to" / "code.md").read_text()
    kustomization, names = re.findall(
        r'^```yaml title="kustomize"\n(.*?)^```$', page, re.MULTILINE | re.DOTALL
    )
    write_code(tmp_path)
    (tmp_path / "kustomization.yaml").write_text(kustomization)
    (tmp_path / "names.yaml").write_text(names)
    items = [{"key": "train.py"}, {"key": "model.py", "path": "package/model.py"}]
    code = {"configMap": {"name": "digits-code", "items": items}}
    body = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "kustomized"},
        "spec": spec_with(sweeps, code),
    }
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(body))
    sweeps.kubectl("apply", "-k", str(tmp_path))
    sweep = sweeps.await_end("kustomized")
    assert sweep["status"]["best"]["value"] == "1.0"
    named = sweep["spec"]["trial"]["code"]["configMap"]["name"]
    assert re.fullmatch(r"digits-code-[a-z0-9]+", named)
    assert sweep["status"]["code"].startswith("sha256:")
