"""A warm start from results in ConfigMaps: what the operator reads, and what it does when they change."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.controllers.fair_thread import FairThread
from sweepjob.controllers.not_ready import NotReady
from sweepjob.controllers.state.sweep_store import SweepStore
from sweepjob.controllers.warm_start import Source, find_sources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.resources import CONFIG_MAPS
from sweepjob.kube.transport import Request
from sweepjob.loading.results.result import MAX_BYTES
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.transport import MemoryTransport

from tests.fake_api.harness import NAMESPACE, Scenario

from .builders import sweepjob
from .scenarios import check, spec

TABLE = "lr,units,score\n0.01,16,0.5\n0.02,32,0.7\n0.03,64,0.6\n"
PATH = "/api/v1/namespaces/team/configmaps"


class Cluster:
    """An API server in memory with ConfigMaps."""

    def __init__(self, **data: str) -> None:
        self.server = MemoryApiServer(lambda: 0.0)
        if data:
            self.add("before", data=data)

    def add(self, name: str, **parts: Any) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **parts}
        status, said = self.server.answer(Request("POST", PATH, {}, body))
        assert status == 201, said

    def change(self, text: str) -> None:
        body = {"data": {"table": text}}
        status, said = self.server.answer(Request("PATCH", f"{PATH}/before", {}, body))
        assert status == 200, said

    def delete(self) -> None:
        self.server.answer(Request("DELETE", f"{PATH}/before", {}, None))

    def sources(self, status: dict[str, Any], key: str = "table", **spec: Any) -> list[Source]:
        results = [{"configMap": {"name": "before", "key": key}}]
        made = sweepjob(
            warmStart={"results": results},
            samplingAlgorithm={"type": "bayesian", "seed": 1},
            **spec,
        )
        parsed = parse_sweepjob(made)

        async def no_log(pod: str, after: float) -> Any:
            raise AssertionError

        api = KubeClient(MemoryTransport(self.server, no_log, no_log))
        no_caches: Any = None  # of records; there are no other sweeps
        return [
            *asyncio.run(find_sources(api, no_caches, "team", parsed, status, FairThread("specs")))
        ]


def refused(cluster: Cluster, **given: Any) -> NotReady:
    with pytest.raises(NotReady) as found:
        cluster.sources({}, **given)
    return found.value


def recorded(source: Source) -> dict[str, Any]:
    """The status of a sweep that has begun with these results."""
    config_map, _, key = source.name.partition("/")
    entry = {"configMap": config_map, "key": key, "sha256": source.digest}
    begun = "2026-11-30T00:00:00Z"
    return {"startTime": begun, "warmStartResults": [{**entry, "trials": source.counted}]}


def test_results_are_read_and_their_differences_are_said() -> None:
    [source] = Cluster(table=TABLE).sources({})
    assert [t.assignment["lr"] for t in source.trials] == [0.01, 0.02, 0.03]
    assert str(source) == (
        "3 trials of ConfigMap before/table (outside of searchSpace: units in 1 trial)"
    )


def test_a_missing_config_map_is_waited_for() -> None:
    error = refused(Cluster())
    assert (error.reason, error.waits) == ("WarmStartPending", True)
    assert str(error).startswith(
        "spec.warmStart.results[0]: ConfigMap before does not exist in namespace team; create it"
    )


@pytest.mark.parametrize(
    ("data", "key", "said"),
    [
        ({"table": TABLE}, "tabel", "key tabel: has no such key; did you mean table?"),
        ({"other": TABLE}, "x", "key x: has no such key; it has other"),
        ({"table": "lr,score\n0.1,good\n"}, "table", "line 2: 'score': 'good': must be a number"),
        ({"table": "x" * (MAX_BYTES + 1)}, "table", f"at most {MAX_BYTES} are read"),
    ],
)
def test_what_cannot_be_used_says_why_until_it_is_corrected(
    data: dict[str, str], key: str, said: str
) -> None:
    error = refused(Cluster(**data), key=key)
    assert (error.reason, error.waits) == ("WarmStartCannotBeUsed", False)
    assert said in str(error)


def test_binary_data_is_read_if_it_is_text() -> None:
    cluster = Cluster()
    cluster.add("before", binaryData={"table": base64.b64encode(TABLE.encode()).decode()})
    assert cluster.sources({})[0].counted == 3
    cluster = Cluster()
    cluster.add("before", binaryData={"table": base64.b64encode(b"SQLite format 3\0\xff").decode()})
    assert "is not a text in UTF-8" in str(refused(cluster))


def test_a_sweep_that_has_begun_uses_the_same_results_or_none() -> None:
    cluster = Cluster(table=TABLE)
    [source] = cluster.sources({})
    status = recorded(source)
    assert cluster.sources(status) == [source]
    for text in (TABLE.replace("0.7", "0.9"), "nonsense"):
        cluster.change(text)
        [changed] = cluster.sources(status)
        assert (changed.trials, changed.lost, changed.why_lost) == ((), 3, "were changed")
    cluster.delete()
    [gone] = cluster.sources(status)
    assert (gone.trials, gone.lost, gone.why_lost) == ((), 3, "were deleted")


RESULTS = "level,reports,score\n" + "".join(
    f"{level},{reports},{level + reports / 100}\n"
    for level in (0.1, 0.2, 0.5)
    for reports in (10, 14)
)
WARM = spec(
    4,
    1,
    samplingAlgorithm={"type": "bayesian"},
    warmStart={"results": [{"configMap": {"name": "before", "key": "table"}}]},
)
GIVEN: dict[str, Any] = {
    "spec": WARM,
    "downtime": (0.1, 1.5),
    "config_maps": {"before": {"table": RESULTS}},
}


def store(scenario: Scenario, sources: tuple[Source, ...]) -> SweepStore:
    parsed, status = parse_sweepjob(scenario.sweep), scenario.sweep["status"]
    identity = ObjectIdentity(NAMESPACE, "sweep", "")
    return SweepStore(identity, parsed, status["seed"], 0.0, {}, sources)


def proposed(scenario: Scenario, sources: tuple[Source, ...], index: int) -> Any:
    """What is proposed after the records of the trials before."""
    sweep = store(scenario, sources)
    sweep.load([parse_record(trial) for trial in scenario.trials[:index]])
    return sweep.state.proposals.sampler.propose(index, sweep.state.observations())


def sources_of(scenario: Scenario) -> tuple[Source, ...]:
    cluster = Cluster(table=RESULTS)
    parsed = {key: scenario.spec[key] for key in ("searchSpace", "trial")}
    return tuple(cluster.sources({}, **parsed))


@pytest.mark.usefixtures("quiet_logs")
def test_killed_at_some_steps_it_learns_from_the_same_results() -> None:
    undisturbed = Scenario(1, **GIVEN).run()
    sources = sources_of(undisturbed)
    assert proposed(undisturbed, sources, 0) != proposed(undisturbed, (), 0)
    for turn in undisturbed.kill_points[3::80]:
        scenario = Scenario(1, kills=frozenset([turn]), **GIVEN).run()
        check(scenario)
        [entry] = scenario.sweep["status"]["warmStartResults"]
        assert (entry["configMap"], entry["key"], entry["trials"]) == ("before", "table", 6)
        for index, trial in enumerate(scenario.trials):
            assert parse_record(trial).assignment == proposed(scenario, sources, index)


class Changed(Scenario):
    """A scenario in which somebody changes the ConfigMap while the operator is away."""

    def _start(self) -> None:
        if self.killed:
            self._change()
        super()._start()

    def _change(self) -> None:
        body = {"data": {"table": RESULTS.replace("0.2", "0.6")}}
        status, said = self.server.answer(Request("PATCH", f"{PATH}/before", {}, body))
        assert status == 200, said


@pytest.mark.usefixtures("quiet_logs")
def test_other_contents_do_not_count_after_a_restart() -> None:
    undisturbed = Scenario(1, **GIVEN).run()
    half = next(
        turn
        for turn in undisturbed.kill_points
        if turn > undisturbed.kill_points[len(undisturbed.kill_points) // 2]
    )
    scenario = Changed(1, kills=frozenset([half]), **GIVEN).run()
    check(scenario)
    events = scenario.server.store.all("events").values()
    [lost] = [body["message"] for body in events if body["reason"] == "WarmStartLost"]
    assert lost == (
        "6 of the 6 warm-start trials of ConfigMap before/table were changed; new proposals and decisions "
        "do not use them"
    )
    last = len(scenario.trials) - 1
    assert parse_record(scenario.trials[last]).assignment == proposed(scenario, (), last)


class Edited(Changed):
    """A scenario in which somebody changes the ConfigMap, and then the policy of the running sweep."""

    def _start(self) -> None:
        super()._start()
        self.loop.call_later(10.0, self._edit)

    def _edit(self) -> None:
        assert not self.is_over()
        assert len(self.trials) < 4
        self._change()
        path = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs/sweep"
        policy = {"earlyTermination": {"type": "bandit", "slackAmount": 0.2, "delayEvaluation": 2}}
        status, said = self.server.answer(Request("PATCH", path, {}, {"spec": policy}))
        assert status == 200, said


@pytest.mark.usefixtures("quiet_logs")
def test_a_changed_policy_does_not_read_the_results_again() -> None:
    scenario = Edited(1, **GIVEN).run()
    assert scenario.sweep["metadata"]["generation"] == 2
    events = scenario.server.store.all("events").values()
    assert not [body for body in events if body["reason"] == "WarmStartLost"]
    last = len(scenario.trials) - 1
    expected = proposed(scenario, sources_of(scenario), last)
    assert parse_record(scenario.trials[last]).assignment == expected


def test_a_name_stays_one_part_of_a_path() -> None:
    """Whatever a spec names is read from its own namespace only."""
    path = CONFIG_MAPS.path("team", "../../other/secrets/x")
    assert path == "/api/v1/namespaces/team/configmaps/..%2F..%2Fother%2Fsecrets%2Fx"
