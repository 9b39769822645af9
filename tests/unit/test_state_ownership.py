"""The stores alone change the state of sweeps and trials: nothing else assigns to a field of it, making a
snapshot and a status only read it, and writing a status asks no sampler."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sweepjob
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.phases import TrialPhase
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers.snapshot_builder import sweep_snapshot
from sweepjob.controllers.state import (
    ended_trial_warnings,
    proposals,
    results,
    slots,
    sweep_state,
    trial_state,
)
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.status_builder import build_status
from sweepjob.early_stopping.curve import Curve
from sweepjob.lifecycle.planner import is_over
from sweepjob.lifecycle.snapshot import Proposal
from sweepjob.search.space import Assignment

from tests.fake_api.harness import SETTINGS
from tests.syntax_trees import syntax_tree

from .builders import sweepjob as sweepjob_body
from .stored_sweeps import push, record, state

PACKAGE = Path(sweepjob.__file__).parent
STATE = PACKAGE / "controllers" / "state"
SWEEP_STORE = [STATE / "sweep_store.py", *sorted((STATE / "sweep_transitions").glob("*.py"))]
TRIAL_STORE = [STATE / "trial_store.py", *sorted((STATE / "trial_transitions").glob("*.py"))]
STORES = {*SWEEP_STORE, *TRIAL_STORE}
MUTATORS = {
    *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove"),
    *("reverse", "setdefault", "sort", "subtract", "update"),
}
MUTATING_FUNCTIONS = {"delattr", "heappop", "heappush", "insort", "setattr"}


def fields_of(module: Any) -> set[str]:
    """Names of all fields of the dataclasses that a module defines."""
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass)]
    own = [c for c in classes if c.__module__ == module.__name__]
    return {f.name for c in own if dataclasses.is_dataclass(c) for f in dataclasses.fields(c)}


SWEEP_FIELDS = set[str]().union(
    *map(fields_of, (sweep_state, slots, results, proposals, ended_trial_warnings))
)
TRIAL_FIELDS = fields_of(trial_state)
# Fields that other classes have, too: these do not tell what an assignment is to.
FIELDS = (SWEEP_FIELDS | TRIAL_FIELDS) - {"name", "uid", "count"}


def attributes(node: ast.expr) -> Iterator[str]:
    """The attributes on the way to a value. Of ``self`` the first one is an object's own."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        inner = node.func if isinstance(node, ast.Call) else node.value
        is_own = isinstance(inner, ast.Name) and inner.id == "self"
        if isinstance(node, ast.Attribute) and not is_own:
            yield node.attr
        node = inner


def targets(node: ast.AST) -> list[ast.expr]:
    """What a statement or a call changes."""
    match node:
        case ast.Assign():
            found = list(node.targets)
        case ast.AugAssign() | ast.AnnAssign():
            found = [node.target]
        case ast.Delete():
            found = list(node.targets)
        case ast.For() | ast.AsyncFor():
            found = [node.target]
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in MUTATORS:
            return [value]
        case ast.Call(func=ast.Name(id=name)) if name in MUTATING_FUNCTIONS:
            return node.args[:1]
        case _:
            return []
    return [e for t in found for e in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]


def own_changes(method: ast.AST) -> bool:
    """Whether a method changes the object that it is called on."""

    def is_own(target: ast.expr) -> bool:
        is_inside = isinstance(target, ast.Attribute | ast.Subscript)
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        return is_inside and isinstance(target, ast.Name) and target.id == "self"

    return any(is_own(target) for node in ast.walk(method) for target in targets(node))


def changing_methods(path: Path) -> set[str]:
    """The methods by which a value of the state is changed."""
    classes = [n for n in ast.walk(syntax_tree(path.read_text())) if isinstance(n, ast.ClassDef)]
    methods = (n for c in classes for n in c.body if isinstance(n, ast.FunctionDef))
    return {n.name for n in methods if not n.name.startswith("__") and own_changes(n)}


for _path in sorted(STATE.glob("*.py")):
    if _path not in STORES:
        MUTATORS |= changing_methods(_path)


def changes(tree: ast.AST, fields: set[str]) -> list[str]:
    """The assignments to fields, and the calls that change what is in one."""
    return [
        f"line {target.lineno}: {ast.unparse(target)}"
        for node in ast.walk(tree)
        for target in targets(node)
        if isinstance(target, ast.Attribute | ast.Subscript | ast.Call)
        and fields.intersection(attributes(target))
    ]


MODULES = [
    path
    for package in ("controllers", "manager")
    for path in sorted((PACKAGE / package).rglob("*.py"))
    if path not in STORES and path.name not in ("sweep_state.py", "trial_state.py")
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_only_the_stores_change_a_field_of_the_state(path: Path) -> None:
    assert changes(syntax_tree(path.read_text()), FIELDS) == []


def test_each_store_changes_its_own_kind() -> None:
    curves = {field.name for field in dataclasses.fields(Curve)}
    for path in SWEEP_STORE:
        assert changes(syntax_tree(path.read_text()), TRIAL_FIELDS - SWEEP_FIELDS - {"name"}) == []
    for path in TRIAL_STORE:
        assert changes(syntax_tree(path.read_text()), SWEEP_FIELDS - TRIAL_FIELDS - curves) == []


@pytest.mark.parametrize(
    "line",
    [
        "trial.status = x",
        "sweep.state.slots.reserved[3] = x",
        "sweep.state.live[1].pending_stop = None",
        "self._sweep.state.is_ending = True",
        "trial.reports.curve.append(0.5)",
        "state.slots.skipped.add(1)",
        "a, trial.status = 1, 2",
        "del state.unreadable[name]",
        "insort(state.results.full_lengths, 3)",
        "setattr(trial.reports, name, 1)",
        "state.results.gpu_used += 1.0",
        "state.proposals.forget_cached()",
        "sweep.state.paused.place(trial)",
    ],
)
def test_changes_are_found(line: str) -> None:
    assert changes(syntax_tree(line), FIELDS)


@pytest.mark.parametrize(
    "line", ["self._entries[key] = x", "status = trial.status", "found.append(trial.status)"]
)
def test_reads_are_not_reported(line: str) -> None:
    assert not changes(syntax_tree(line), FIELDS)


class CountingSampler:
    """A fake: a space of two points; counts how often it is asked."""

    uses_observations = False

    def __init__(self) -> None:
        self.asked = 0

    def propose(self, index: int, observations: object) -> Assignment | None:
        self.asked += 1
        return {"lr": 0.1} if index < 2 else None


def test_writing_a_status_asks_no_sampler() -> None:
    sweep, sampler = state(), CountingSampler()
    sweep.state.proposals.sampler = sampler
    for index in range(2):
        sweep.record_end(sweep.add_trial(record(index)), TrialPhase.FAILED, 0.0)
    snap = sweep_snapshot(sweep.state, SETTINGS)
    build_status(sweep.state, snap, 1, 5.0)
    assert (sampler.asked, is_over(snap, 5.0)) == (0, False), "nothing is known of a third trial"
    assert sweep.propose(1, 0.0) == ()
    asked, snap = sampler.asked, sweep_snapshot(sweep.state, SETTINGS)
    status = build_status(sweep.state, snap, 1, 5.0)
    assert (sampler.asked, is_over(snap, 5.0), status.total) == (asked, True, 2)


def shown(sweep: SweepStore) -> str:
    """All values of the state, without addresses of objects."""
    return re.sub(r"0x[0-9a-f]+", "", repr(dataclasses.asdict(sweep.state)))


@pytest.mark.parametrize("kind", ["random", "bayesian"])
def test_a_snapshot_and_a_status_change_nothing(kind: str) -> None:
    sweep = state(samplingAlgorithm={"type": kind, "seed": 1})
    first, second = sweep.add_trial(record(0)), sweep.add_trial(record(1))
    sweep.ingest_push(first, push(first, 1, 0.5, 0.7), 1.0)
    sweep.ingest_push(second, push(second, 1, 0.1), 1.0)
    sweep.reserve_slot(Proposal(2, {"lr": 0.2}))
    before = shown(sweep)
    build_status(sweep.state, sweep_snapshot(sweep.state, SETTINGS), 1, 100.0)
    assert shown(sweep) == before


def test_preconditions_are_checked() -> None:
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.reserve_slot(Proposal(1, {"lr": 0.2}))
    with pytest.raises(ValueError, match="index 1 is taken"):
        sweep.reserve_slot(Proposal(1, {"lr": 0.2}))
    with pytest.raises(ValueError, match="index 0 is taken"):
        sweep.reserve_slot(Proposal(0, {"lr": 0.2}))
    with pytest.raises(ValueError, match="is not reserved"):
        sweep.cancel_reservation(3)
    with pytest.raises(ValueError, match="does not end as Running"):
        sweep.release_slot(0, TrialPhase.RUNNING)
    with pytest.raises(ValueError, match="is no end"):
        sweep.record_end(trial, TrialPhase.RUNNING, 0.0)
    with pytest.raises(ValueError, match="3 is not next"):
        sweep.trials.record_attempt(trial, 3, 1, "Failed", None, 1.0)
    with pytest.raises(ValueError, match="is an end"):
        sweep.trials.record_progress(trial, TrialPhase.FAILED, "")
    sweep.trials.mark_job_created(trial)
    with pytest.raises(ValueError, match="has a Job"):
        sweep.trials.mark_job_requested(trial, 1.0)
    with pytest.raises(ValueError, match="is live already"):
        sweep.trials.add(record(0), Curve(trial.reports.curve.goal))


def test_the_state_of_a_sweep_holds_no_task() -> None:
    body = sweepjob_body(samplingAlgorithm={"type": "bayesian", "seed": 1})
    identity = ObjectIdentity("team", "sweep", "uid")
    sweep = SweepStore(identity, parse_sweepjob(body), 1, 0.0, {})
    copied = copy.deepcopy(sweep.state)  # a task or a future cannot be copied
    assert copied.identity == identity


@pytest.mark.parametrize("phase", [TrialPhase.SUCCEEDED, TrialPhase.FAILED])
def test_a_trial_that_has_ended_is_no_longer_about_to_end(phase: TrialPhase) -> None:
    """Its slot, and its failure, would count twice until the last action of the plan is executed."""
    sweep = state()
    trial = sweep.add_trial(record(0))
    sweep.release_slot(0, phase)
    before = sweep_snapshot(sweep.state, SETTINGS)
    assert before.failing == (phase is TrialPhase.FAILED)
    sweep.record_end(trial, phase, 0.0)
    after = sweep_snapshot(sweep.state, SETTINGS)
    assert (after.released, after.failing) == (0, 0)
    sweep.settle_slot(0)
    assert sweep_snapshot(sweep.state, SETTINGS) == after
