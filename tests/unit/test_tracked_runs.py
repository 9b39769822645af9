"""The runs of a sweep on the user's own tracking server: one parent, one run a trial, whatever fails."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sweepjob.protocol.tracked_sweep import SweepEnd, TrackedSweep, TrackedTrial
from sweepjob.sidecar.mlflow.sweep_runs import tags
from sweepjob.sidecar.mlflow.sweep_runs.client import RemoteRun, TrackingClient
from sweepjob.sidecar.mlflow.sweep_runs.end import complete_sweep
from sweepjob.sidecar.mlflow.upstream import Upstream

from .sidecars import SOURCES, Sidecar
from .tracked_trials import SWEEP, pod

PARENT = "mlflow.parentRunId"


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path / "theirs")
    yield opened
    opened.close()


class Failing(Upstream):
    """Loses one request: before it is sent, or its answer."""

    def __init__(self, url: str, number: int = 0, *, answer: bool = False) -> None:
        super().__init__(url)
        self.number, self.answer, self.sent = number, answer, 0

    def send(
        self, method: str, path: str, headers: dict[str, str], body: Any
    ) -> http.client.HTTPResponse:
        self.sent += 1
        if self.sent == self.number and not self.answer:
            raise ConnectionResetError("lost before it was sent")
        response = super().send(method, path, headers, body)
        if self.sent == self.number:
            response.read()
            raise ConnectionResetError("its answer is lost")
        return response


def end(phases: str = "S", best: str = "digits-0", status: str = "FINISHED") -> SweepEnd:
    return SweepEnd(SWEEP, status, "", "score", phases, best, "0.75", {"lr": "0.5"})


def runs(theirs: Sidecar) -> dict[str, RemoteRun]:
    client = TrackingClient(Upstream(theirs.url))
    return {run.id: run for run in client.find(["0"], {tags.SWEEP_UID: SWEEP.uid})}


def tree(theirs: Sidecar) -> tuple[RemoteRun, list[RemoteRun]]:
    """The parent, and the runs below it."""
    found = runs(theirs)
    [parent] = [run for run in found.values() if run.tags.get(tags.ROLE) == tags.ROLE_SWEEP]
    return parent, [run for run in found.values() if run.tags.get(PARENT) == parent.id]


def test_trials_are_nested_below_one_parent(theirs: Sidecar, tmp_path: Path) -> None:
    for number in range(3):
        ours = pod(tmp_path / str(number), theirs.url, f"digits-{number}")
        run = ours.create()
        fold = ours.create(run, name="fold")
        ours.log(run, 0.5)
        ours.log(fold, 9.0)
        ours.ask("POST", "runs/update", {"run_id": run, "status": "FINISHED"})
        assert ours.values == [0.5]
        ours.close()
    parent, trials = tree(theirs)
    assert parent.params == SWEEP.parameters
    assert sorted(run.tags[tags.TRIAL] for run in trials) == ["digits-0", "digits-1", "digits-2"]
    assert all(run.params == {"lr": "0.5", "bs": "16"} for run in trials)


def test_params_of_the_script_take_precedence(theirs: Sidecar, tmp_path: Path) -> None:
    ours = pod(tmp_path, theirs.url, "digits-0")
    run = ours.create()
    ours.ask("POST", "runs/log-parameter", {"run_id": run, "key": "lr", "value": "5e-1"})
    ours.ask("POST", "runs/update", {"run_id": run, "status": "FINISHED"})
    assert runs(theirs)[run].params == {"lr": "5e-1", "bs": "16"}
    ours.close()


def test_further_runs_of_a_script_are_below_its_first(theirs: Sidecar, tmp_path: Path) -> None:
    ours = pod(tmp_path, theirs.url, "digits-0")
    first, second = ours.create(), ours.create()
    ours.log(second, 0.5, time=1)
    ours.log(first, 0.25, time=2)
    _, trials = tree(theirs)
    assert [run.id for run in trials] == [first]
    assert runs(theirs)[second].tags[PARENT] == first
    assert ours.values == [0.5, 0.25]  # both count, as without a server of the user's own
    ours.close()


def test_only_rank_0_stands_for_the_trial(theirs: Sidecar, tmp_path: Path) -> None:
    pods = [pod(tmp_path / str(rank), theirs.url, "digits-0", rank=rank) for rank in (1, 0, 2)]
    created = [each.create() for each in pods]
    complete_sweep(TrackingClient(Upstream(theirs.url)), end())
    _, trials = tree(theirs)
    assert [run.id for run in trials if run.tags[tags.ROLE] == tags.ROLE_TRIAL] == [created[1]]
    for each in pods:
        each.close()


def test_an_earlier_attempt_is_below_the_next_one(theirs: Sidecar, tmp_path: Path) -> None:
    first = pod(tmp_path / "1", theirs.url, "digits-0", attempt=1)
    lost = first.create()
    first.log(lost, 0.1)
    first.close()
    second = pod(tmp_path / "2", theirs.url, "digits-0", attempt=2)
    run = second.create()
    _, trials = tree(theirs)
    assert [(t.id, t.tags[tags.ATTEMPT]) for t in trials] == [(run, "2")]
    earlier = runs(theirs)[lost]
    assert (earlier.tags[PARENT], earlier.status) == (run, "FAILED")
    second.ask("POST", "runs/update", {"run_id": lost, "status": "RUNNING"})
    second.log(lost, 0.9, time=5)  # a script that resumes the run of its first attempt
    assert second.values == [0.9]
    second.close()


def test_sidecars_that_start_together_agree_on_a_parent(theirs: Sidecar, tmp_path: Path) -> None:
    pods = [pod(tmp_path / str(n), theirs.url, f"digits-{n}") for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        created = list(pool.map(lambda each: each.create(), pods))
    for each in pods:
        assert each.nesting is not None
        each.nesting.finish(stopped=False)
        each.close()
    _, trials = tree(theirs)
    assert sorted(run.id for run in trials) == sorted(created)


@pytest.mark.parametrize("answer", [False, True], ids=["request", "answer"])
@pytest.mark.parametrize("number", range(1, 12))
def test_a_lost_request_makes_no_double(
    theirs: Sidecar, tmp_path: Path, number: int, answer: bool
) -> None:
    before = pod(tmp_path / "before", theirs.url, "digits-0")
    before.create()  # an earlier attempt, which is still there
    before.close()
    failing = Failing(theirs.url, number, answer=answer)
    ours = pod(tmp_path / "ours", failing, "digits-0", attempt=2)
    body = {"tags": SOURCES, "start_time": 5, "run_name": "mine"}

    def repeated(path: str, body: Any) -> Any:
        """Send a request as a client does, to a sidecar that is killed and restarted after a failure."""
        nonlocal ours
        while True:
            status, said = ours.call("POST", path, body)
            if status == 200:
                return said
            assert status == 503
            ours.close()
            ours = pod(tmp_path / "ours", failing, "digits-0", attempt=2)

    run = repeated("runs/create", body)["run"]["info"]["run_id"]
    report = {"run_id": run, "key": "score", "value": 0.75, "step": 0, "timestamp": 1}
    repeated("runs/log-metric", report)
    repeated("runs/update", {"run_id": run, "status": "FINISHED"})
    assert ours.values == [0.75]
    ours.close()
    complete_sweep(TrackingClient(Upstream(theirs.url)), end())
    parent, trials = tree(theirs)
    assert Counter(r.tags.get(tags.ROLE) for r in runs(theirs).values()) == Counter(
        [tags.ROLE_SWEEP, tags.ROLE_TRIAL, tags.ROLE_EARLIER]
    )
    assert [t.id for t in trials] == [run]
    [earlier] = [r for r in runs(theirs).values() if r.tags[tags.ROLE] == tags.ROLE_EARLIER]
    assert earlier.status == "FAILED"
    assert trials[0].params == {"lr": "0.5", "bs": "16"}
    assert parent.params == SWEEP.parameters


def test_two_runs_with_equal_requests_are_two(theirs: Sidecar, tmp_path: Path) -> None:
    ours = pod(tmp_path, theirs.url, "digits-0")
    body = {"tags": SOURCES, "start_time": 5}
    ids = {ours.ask("POST", "runs/create", body)["run"]["info"]["run_id"] for _ in range(2)}
    assert len(ids) == 2
    ours.close()


def test_a_refused_creation_is_refused_again(theirs: Sidecar, tmp_path: Path) -> None:
    ours = pod(tmp_path, theirs.url, "digits-0")
    for _ in range(2):
        assert ours.call("POST", "runs/create", {"start_time": "soon"})[0] == 400
    ours.create()
    assert len(tree(theirs)[1]) == 1
    ours.close()


def test_the_end_of_the_sweep_completes_what_is_missing(theirs: Sidecar, tmp_path: Path) -> None:
    created = []
    for number in range(4):
        ours = pod(tmp_path / str(number), theirs.url, f"digits-{number}")
        created.append(ours.create())
        ours.close()  # killed: its run goes on, without params
    client = TrackingClient(Upstream(theirs.url))
    ended = end("SEFS-S", best="digits-0")
    for _ in range(2):  # a Job that is repeated
        complete_sweep(client, ended)
    parent, trials = tree(theirs)
    by_name = {run.tags[tags.TRIAL]: run for run in trials}
    assert [by_name[f"digits-{n}"].status for n in range(4)] == [
        "FINISHED",
        "KILLED",
        "FAILED",
        "FINISHED",
    ]
    assert [by_name[f"digits-{n}"].tags[tags.PHASE] for n in range(4)] == [
        "Succeeded",
        "EarlyStopped",
        "Failed",
        "Succeeded",
    ]
    assert [n for n, run in by_name.items() if run.tags.get(tags.BEST)] == ["digits-0"]
    assert parent.status == "FINISHED"
    told = {k.removeprefix(tags.PREFIX): v for k, v in parent.tags.items()}
    assert (told["best-trial"], told["best-value"], told["best/lr"]) == ("digits-0", "0.75", "0.5")
    assert told["best-run"] == created[0]
    assert told["trials-without-run"] == "digits-5"


def test_no_run_of_a_killed_script_goes_on_after_the_end(theirs: Sidecar, tmp_path: Path) -> None:
    lost = []
    for attempt in (1, 2):
        ours = pod(tmp_path / str(attempt), theirs.url, "digits-0", attempt)
        lost += [ours.create(), ours.create()]
        ours.close()
    client = TrackingClient(Upstream(theirs.url))
    client.post(
        "runs/update", {"run_id": lost[0], "status": "RUNNING"}
    )  # as a script that resumes it
    elsewhere = theirs.create()
    ours = pod(tmp_path / "nested", theirs.url, "digits-1")
    lost.append(ours.create(elsewhere))
    ours.close()
    complete_sweep(client, end("SE"))
    found = runs(theirs)
    statuses = [found[run].status for run in lost]
    assert statuses == ["FAILED", "FAILED", "FINISHED", "FINISHED", "KILLED"]
    assert client.run(elsewhere).status == "RUNNING", "it is not of the sweep"


def test_the_runs_of_the_pareto_front_are_marked(theirs: Sidecar, tmp_path: Path) -> None:
    for number in range(3):
        ours = pod(tmp_path / str(number), theirs.url, f"digits-{number}")
        ours.create()
        ours.close()
    ended = SweepEnd(
        SWEEP, "FINISHED", "", "score", "SSS", front=(2, 0, *range(100, 180)), front_size=99
    )
    assert SweepEnd.parse(ended.dump()) == ended
    complete_sweep(TrackingClient(Upstream(theirs.url)), ended)
    parent, trials = tree(theirs)
    marked = {run.tags[tags.TRIAL] for run in trials if run.tags.get(tags.FRONT) == "true"}
    assert marked == {"digits-0", "digits-2"}
    told = {k.removeprefix(tags.PREFIX): v for k, v in parent.tags.items()}
    assert told["pareto-size"] == "99"
    listed = told["pareto-trials"].split(", ")
    assert listed[:3] == ["digits-2", "digits-0", "digits-100"]
    assert (listed[-1], len(told["pareto-trials"]) <= 500) == ("...", True)
    assert not any(key.startswith("best") for key in told)


def test_the_runs_have_the_tags_of_their_trials(theirs: Sidecar, tmp_path: Path) -> None:
    for number in range(2):
        ours = pod(tmp_path / str(number), theirs.url, f"digits-{number}")
        ours.create()
        ours.close()
    given = {"digits-0": {"keep": "yes", "baseline": ""}, "digits-7": {"keep": "no"}}
    ended = replace(end("SS"), trial_tags=given, untagged=3)
    assert SweepEnd.parse(ended.dump()) == ended
    for _ in range(2):  # it can be repeated
        said = complete_sweep(TrackingClient(Upstream(theirs.url)), ended)
    assert said.endswith("FINISHED, tags of 3 trials left out")
    _, trials = tree(theirs)
    found = {
        run.tags[tags.TRIAL]: {k: v for k, v in run.tags.items() if "/tag-" in k} for run in trials
    }
    assert found == {
        "digits-0": {"sweepjob.dev/tag-keep": "yes", "sweepjob.dev/tag-baseline": "true"},
        "digits-1": {},
    }


def test_the_end_without_front_and_tags_is_that_of_earlier_versions() -> None:
    assert not {"front", "trial_tags", "untagged"} & set(json.loads(end().dump()))


def test_parents_created_in_a_race_become_one(theirs: Sidecar, tmp_path: Path) -> None:
    ours = pod(tmp_path, theirs.url, "digits-0")
    ours.create()
    _, [trial] = tree(theirs)
    role = [
        {"key": tags.SWEEP_UID, "value": SWEEP.uid},
        {"key": tags.ROLE, "value": tags.ROLE_SWEEP},
    ]
    body = {"start_time": 1, "tags": role}
    older = theirs.ask("POST", "runs/create", body)["run"]["info"]["run_id"]
    assert ours.nesting is not None
    ours.nesting.settle()
    parent, [moved] = tree(theirs)
    assert (parent.id, moved.id) == (older, trial.id)
    ours.close()


def test_a_sweep_that_goes_on_has_a_running_parent(theirs: Sidecar, tmp_path: Path) -> None:
    first = pod(tmp_path / "0", theirs.url, "digits-0")
    first.create()
    first.close()
    complete_sweep(TrackingClient(Upstream(theirs.url)), end("S", status="FAILED"))
    assert tree(theirs)[0].status == "FAILED"
    second = pod(tmp_path / "1", theirs.url, "digits-1")
    second.create()
    assert tree(theirs)[0].status == "RUNNING"
    second.close()


def test_a_run_that_the_script_nests_elsewhere_stays_there(theirs: Sidecar, tmp_path: Path) -> None:
    elsewhere = theirs.create()
    ours = pod(tmp_path, theirs.url, "digits-0")
    run = ours.create(elsewhere)
    ours.log(run, 0.5)
    assert runs(theirs)[run].tags[PARENT] == elsewhere
    assert ours.values == [0.5]
    ours.close()


def test_an_ended_sweep_without_runs_creates_none(theirs: Sidecar) -> None:
    said = complete_sweep(TrackingClient(Upstream(theirs.url)), end())
    assert (said, runs(theirs)) == ("no trial has created a run on the tracking server", {})


def test_what_pods_are_told_survives_json() -> None:
    assert SweepEnd.parse(end().dump()) == end()
    assert TrackedSweep.parse(SWEEP.dump()) == SWEEP
    trial = TrackedTrial("digits-1", 2, {"lr": "0.5"})
    assert TrackedTrial.parse(json.dumps(json.loads(trial.dump()))) == trial
