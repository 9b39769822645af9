"""The argument ``warm_start`` with files, tables, studies and ConfigMaps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from sweepjob import command
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.loading.results.fitting import read_trials
from sweepjob.sdk.arguments import ArgumentError
from sweepjob.sdk.client import SweepOperations
from sweepjob.sdk.job import SweepJob
from sweepjob.sdk.sweep_objects import SweepError
from sweepjob.sweep import Choice, Objective, SweepJobLimits, Uniform

TABLE = "lr,units,score\n0.01,16,0.5\n0.02,32,0.7\n"


class Frame:
    """A table with the one method of pandas' that is used."""

    def to_csv(self, *, index: bool) -> str:
        assert not index
        return TABLE


class Columns(Frame):
    """A table, which is a sequence of the names of its columns."""

    def __iter__(self) -> Iterator[str]:
        return iter(("lr", "units", "score"))


ARGUMENTS: dict[str, Any] = {
    "name": "tuned",
    "trial": command(image="i", command="train"),
    "objective": Objective("maximize", "score"),
    "sampling_algorithm": "bayesian",
    "search_space": {"lr": Uniform(0, 1), "units": Choice([16, 32])},
    "limits": SweepJobLimits(max_total_trials=4),
}


def sweep(*warm_start: Any, **given: Any) -> SweepJob:
    return SweepJob(**ARGUMENTS, warm_start=warm_start, **given)


def trials_of(job: SweepJob) -> list[Any]:
    """The trials of the only file, as the operator reads them."""
    [body] = job.config_maps()
    [entry] = job.to_manifest()["spec"]["warmStart"]["results"]
    assert entry["configMap"]["name"] == body["metadata"]["name"]
    text = body["data"][entry["configMap"]["key"]]
    return [*read_trials(text, parse_sweepjob(job.to_manifest()))[0]]


def test_files_and_tables_become_config_maps(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(TABLE)
    for given in (tmp_path / "r.csv", str(tmp_path / "r.csv"), Frame()):
        assert [t.values["score"] for t in trials_of(sweep(given))] == [0.5, 0.7]


def test_a_study_of_optuna_becomes_a_config_map() -> None:
    def trial(state: str, *values: float, **params: Any) -> Any:
        state_of = SimpleNamespace(name=state)
        return SimpleNamespace(
            state=state_of, values=values or None, params=params, user_attrs={"size": 3, "tag": "x"}
        )

    study = SimpleNamespace(
        directions=["maximize"],
        metric_names=None,
        trials=[
            trial("COMPLETE", 0.5, lr=0.1, units=32),
            trial("COMPLETE", float("nan"), lr=0.1, units=16),
            trial("RUNNING", lr=0.2),
        ],
    )
    [found] = trials_of(sweep(study))
    assert (found.assignment, found.values) == ({"lr": 0.1, "units": 32}, {"score": 0.5})


def test_one_entry_needs_no_list(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(TABLE)
    for given in (str(tmp_path / "r.csv"), tmp_path / "r.csv", Columns()):
        job = sweep()
        job.warm_start = given
        assert [t.values["score"] for t in trials_of(job)] == [0.5, 0.7]
    reference = {"configMap": {"name": "before", "key": "r.csv"}}
    sections = (
        ("first", {"sweeps": ["first"]}),
        (SimpleNamespace(name="second"), {"sweeps": ["second"]}),
        (reference, {"results": [reference]}),
        (None, None),
        (("first", reference), {"sweeps": ["first"], "results": [reference]}),
    )
    for given, section in sections:
        job = SweepJob(**{**ARGUMENTS, "warm_start": given})
        assert job.to_manifest()["spec"].get("warmStart") == section


def test_what_is_neither_a_sweep_nor_results_is_refused() -> None:
    for given in (b"first", [3], [None], [["first"]]):
        job = sweep()
        job.warm_start = given
        with pytest.raises(ArgumentError, match=r"warm_start: .*: is no sweep, and has no results"):
            job.to_manifest()


def test_names_references_and_defaults_stay() -> None:
    reference = {"configMap": {"name": "before", "key": "r.csv"}}
    job = sweep("first", SimpleNamespace(name="second"), reference, warm_start_defaults={"lr": 0.5})
    section = {
        "sweeps": ["first", "second"],
        "results": [reference],
        "defaults": {"lr": 0.5},
    }
    assert job.to_manifest()["spec"]["warmStart"] == section
    assert job.config_maps() == []
    again = SweepJob.from_manifest(job.to_manifest())
    assert again.to_manifest()["spec"]["warmStart"] == section


def test_mistakes_name_the_argument(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"warm_start: .*nothing\.csv: cannot be read"):
        sweep(tmp_path / "nothing.csv").to_manifest()
    with pytest.raises(ArgumentError, match="warm_start_defaults: is for warm_start"):
        sweep(warm_start_defaults={"lr": 0.5}).to_manifest()
    with pytest.raises(ArgumentError, match=r"warm_start_defaults.lr: 2: is not in search_space"):
        sweep("first", warm_start_defaults={"lr": 2}).validate()


class MemoryConfigMaps:
    """The ConfigMaps of a namespace, in memory."""

    bodies: ClassVar[dict[str, Any]] = {}

    def __init__(self, api: object, namespace: str) -> None:
        self.namespace = namespace

    def create(self, body: Any) -> bool:
        name, meta = body["metadata"]["name"], {**body["metadata"], "resourceVersion": "1"}
        is_new = name not in self.bodies
        self.bodies.setdefault(name, {**body, "metadata": meta})
        return is_new

    def get(self, name: str) -> Any:
        return self.bodies.get(name)

    def replace_metadata(self, name: str, metadata: Any) -> bool:
        self.bodies[name]["metadata"] |= metadata
        return True

    def delete(self, name: str) -> None:
        self.bodies.pop(name, None)


def test_a_client_uploads_results_and_makes_the_sweep_their_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepjob.sdk.client.ConfigMaps", MemoryConfigMaps)
    (tmp_path / "r.csv").write_text(TABLE)
    job = sweep(tmp_path / "r.csv")
    operations = SweepOperations(SimpleNamespace(api=None, namespace="team"))  # type: ignore[arg-type] # a fake client
    body = {**job.to_manifest(), "metadata": {"name": "tuned", "namespace": "team"}}
    made = {**body, "metadata": {**body["metadata"], "uid": "u"}}
    MemoryConfigMaps.bodies = {}
    monkeypatch.setattr(operations, "_write", lambda *given: made)
    operations._create(body, None, job.results_files())
    [stored] = MemoryConfigMaps.bodies.values()
    assert [owner["name"] for owner in stored["metadata"]["ownerReferences"]] == ["tuned"]

    def refuse(*given: Any) -> Any:
        raise SweepError("refused")

    MemoryConfigMaps.bodies = {}
    monkeypatch.setattr(operations, "_write", refuse)
    with pytest.raises(SweepError, match="refused"):
        operations._create(body, None, job.results_files())
    assert MemoryConfigMaps.bodies == {}, "what was uploaded for it is removed"
