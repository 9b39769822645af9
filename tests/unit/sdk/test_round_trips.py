"""Tests that conversions from Python to YAML and back lose nothing."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import sweepjob
from hypothesis import given, settings
from hypothesis import strategies as st
from sweepjob import load_job
from sweepjob.api.parsing.reader import Reader
from sweepjob.api.spec.search_space import parse_space
from sweepjob.loading.azure import ConversionOptions, UnsupportedFileError, convert
from sweepjob.loading.yaml_text import load_documents
from sweepjob.sweep import ArgumentError, SweepJob

AZURE = Path(__file__).parents[2] / "data" / "azure"
names = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
numbers = st.floats(-100, 100) | st.integers(-100, 100)
# Arguments and variables of processes cannot contain NUL; specs refuse it.
WARM_STARTS: list[dict[str, Any]] = [
    {"sweeps": ["other"]},
    {"results": [{"configMap": {"name": "before", "key": "results.csv"}}]},
    {"sweeps": ["other"], "results": [{"configMap": {"name": "before", "key": "k"}}]},
]
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
scalars = numbers | st.booleans() | texts


def bounded(low: Any, high: Any) -> dict[str, Any]:
    return {"minValue": min(low, high), "maxValue": max(low, high)}


uniforms = st.builds(
    lambda kind, a, b: {"type": kind, **bounded(a, b)},
    st.sampled_from(["uniform", "loguniform"]),
    numbers,
    numbers,
)
normals = st.builds(
    lambda kind, mu, sigma: {"type": kind, "mu": mu, "sigma": abs(sigma)},
    st.sampled_from(["normal", "lognormal"]),
    numbers,
    numbers,
)
randints = st.builds(lambda upper: {"type": "randint", "upper": upper}, st.integers(1, 99))


def choices(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.dictionaries(names, scalars | inner, max_size=3)
    return st.builds(
        lambda values: {"type": "choice", "values": values},
        st.lists(scalars | branches, min_size=1, max_size=3),
    )


values = st.builds(
    lambda a, b: {"type": "loguniform", "low": min(a, b), "high": max(a, b)},
    st.floats(1e-9, 1e9),
    st.floats(1e-9, 1e9),
)
expressions = st.recursive(uniforms | values | normals | randints, choices, max_leaves=6)
policies = st.none() | st.sampled_from(
    [
        {"type": "bandit", "slackAmount": 0.0},
        {"type": "bandit", "slackFactor": 1, "delayEvaluation": 0},
        {"type": "median_stopping", "evaluationInterval": 2},
        {"type": "truncation_selection", "truncationPercentage": 20},
        {"type": "asha"},
        {"type": "hyperband", "maxReports": 81, "brackets": 2, "mode": "stop"},
        {"type": "forecast", "probability": 0.05},
        {"type": "auto", "maxReports": 100},
    ]
)
trials = st.sampled_from(
    [
        {"image": "i:1"},
        {
            "image": "i:1",
            "command": "run it",
            "maxRetries": 2,
            "env": [{"name": "A", "valueFrom": {"x": {}}}],
        },
        {"image": "i:1", "command": ["a", "b"], "resources": {"limits": {"cpu": 1}}},
        {
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "t", "image": "i"}]},
            }
        },
    ]
)
algorithms = st.sampled_from(
    [
        {"type": "random"},
        {"type": "random", "rule": "sobol", "seed": 3},
        {"type": "bayesian", "seed": 0},
    ]
)


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "objective": {
            "goal": draw(st.sampled_from(["maximize", "minimize"])),
            "primaryMetric": "m",
        },
        "samplingAlgorithm": draw(algorithms),
        "searchSpace": draw(st.dictionaries(names, expressions, min_size=1, max_size=3)),
        "limits": {"maxTotalTrials": draw(st.integers(1, 50)), "startTimeout": 5},
        "trial": draw(trials),
    }
    optional = {
        "earlyTermination": draw(policies),
        "inputs": draw(st.none() | st.dictionaries(names, numbers | texts, min_size=1)),
        "outputs": draw(st.none() | st.just({"m": {"volume": {"emptyDir": {}}, "subPath": "a"}})),
        "metrics": draw(st.none() | st.just({"source": "file", "path": "/m/x.jsonl"})),
        "warmStart": draw(st.none() | st.sampled_from(WARM_STARTS)),
        "suspend": draw(st.none() | st.booleans()),
    }
    if draw(st.booleans()):
        space = parse_space(Reader(spec["searchSpace"], "spec.searchSpace"))
        point = space.at(lambda path: 0.5)
        optional["initialPoints"] = [
            {name: point[name] for name in draw(st.permutations([*point]))}
        ]
    meta = {
        "name": "sweep",
        "labels": {"kueue.x-k8s.io/queue-name": "q", "a": "b"},
        "annotations": {"c": "d"},
    }
    meta["annotations"]["tags.sweepjob.dev/t"] = draw(st.text(max_size=4))
    return {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": meta,
        "spec": spec | {k: v for k, v in optional.items() if v is not None},
    }


@given(manifests())
@settings(max_examples=150, deadline=None)
def test_an_object_comes_out_as_it_went_in(manifest: dict[str, Any]) -> None:
    job = SweepJob.from_manifest(manifest)
    assert job.to_manifest() == manifest
    text = job.to_yaml()
    again = load_documents(text)
    assert again == [manifest]
    assert load_job(again[0]).to_yaml() == text


FILES = sorted(f for f in AZURE.iterdir() if f.suffix in (".yml", ".yaml"))


@pytest.mark.parametrize("file", FILES, ids=[f.name for f in FILES])
def test_loading_an_azure_file_equals_converting_it(file: Path) -> None:
    [document] = load_documents(file.read_text())
    try:
        made = convert(document, ConversionOptions(image="i:1"), file.name.split(".")[0])
    except UnsupportedFileError as error:
        with pytest.raises(ArgumentError, match=str(error)):
            load_job(file)
        return
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        job = load_job(file, image="i:1")
    assert job.to_manifest() == made.manifest
    notes = {str(note) for note in made.notes}
    at_once = {str(warning.message) for warning in said}
    assert at_once <= notes
    # What an Azure map is for is said when the sweep is submitted.
    later = ("compute", "trial.code", "trial.environment", "inputs", "resources.instance_type")
    later += ("trial.command: '${{outputs", "trial.resources.instance_type")
    later += ("name: None: the SweepJob is named",)  # each submission has another name
    assert all(note.startswith(later) for note in notes - at_once)


def test_files_without_a_sweep(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    for text, words in (
        ("kind: ConfigMap", "is no sweep"),
        ("", "is empty"),
        ("a: [", "is not YAML"),
        ("kind: SweepJob", "metadata"),
    ):
        file.write_text(text)
        with pytest.raises(ArgumentError, match=words):
            load_job(file)
    with pytest.raises(ArgumentError, match="cannot be read"):
        load_job(tmp_path / "nothing.yaml")


def loaded(code: str) -> set[str]:
    """Return the modules that are loaded after some code in a new process."""
    code += "; print(*sys.modules)"
    command = [sys.executable, "-c", f"import sys; {code}"]
    env = {"PYTHONPATH": "operator"}
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_is_light() -> None:
    """They load no scipy, numpy, kopf or Kubernetes client."""
    heavy = {"numpy", "scipy", "kopf", "kubernetes", "aiohttp", "matplotlib", "pandas", "re2"}
    found = loaded(
        "import sweepjob, sweepjob.sweep, sweepjob.hyperdrive; sweepjob.load_job, sweepjob.SweepClient"
    )
    assert "sweepjob.sdk.client" in found
    assert not heavy & found


def test_local_runs_need_no_cluster_client() -> None:
    found = loaded("import sweepjob.local.sweep")
    assert "aiohttp" in found
    assert not {"kubernetes", "scipy", "kopf"} & found


def modules() -> list[str]:
    found = []
    for package in ("sweepjob.sdk", "sweepjob.training"):
        path = importlib.import_module(package).__path__
        found += [package, *(f"{package}.{m.name}" for m in pkgutil.iter_modules(path))]
    return [*found, "sweepjob.hyperdrive", "sweepjob.sweep", "sweepjob"]


def test_the_examples_in_docstrings() -> None:
    results = [
        doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
        for name in modules()
    ]
    assert sum(r.attempted for r in results) > 15
    assert not any(r.failed for r in results)


def test_the_package_is_typed() -> None:
    assert (Path(sweepjob.__file__).parent / "py.typed").exists()
