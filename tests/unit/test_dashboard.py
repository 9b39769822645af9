"""The dashboard without a browser: documents, reports, and the feeds of open sweeps."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.phases import TrialPhase
from sweepjob.api.sweeptrial.other_metrics import dump_other_metrics
from sweepjob.dashboard.assets import LIBRARIES, STYLES, read_asset, report_script
from sweepjob.dashboard.cache_sync import Unavailable
from sweepjob.dashboard.curves import points_per_curve, sample_curve
from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.feed_registry import FeedRegistry
from sweepjob.dashboard.html_report import render_report
from sweepjob.early_stopping.curve import Curve
from sweepjob.kube.client import KubeClient
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.transport import MemoryTransport
from sweepjob.objective import Goal
from sweepjob.protocol import MetricCurve
from sweepjob.read_model.trial_view import TrialView
from sweepjob.render.trial_rows import full_trial_row, json_value

from .cli.bodies import NOW, TRIALS, sweep_body, trial_body

POLICY = {"type": "bandit", "slackAmount": 0.1}


def document(**status: Any) -> dict[str, Any]:
    trials = [trial_body(n, [0.1 * n, 0.2 * n]) for n in range(12)]
    counts = {"created": 12, "succeeded": 12}
    best = {"trial": "sweep-11", "value": str(0.2 * 11)}
    body = sweep_body(trials=counts, best=best, **status)
    body["spec"]["earlyTermination"] = POLICY
    return dict(build_document(body, trials, NOW))


def test_a_trial_equals_what_export_writes() -> None:
    shown = {trial["name"]: trial for trial in document()["trials"]}
    for n in range(12):
        row = json_value(
            full_trial_row(TrialView.of(trial_body(n, [0.1 * n, 0.2 * n]), Goal.MAXIMIZE), NOW)
        )
        assert (row.pop("tags"), row.pop("note")) == ({}, ""), "left out where there are none"
        assert {key: shown[f"sweep-{n}"][key] for key in row} == row
        assert shown[f"sweep-{n}"]["curve"]["values"] == [0.1 * n, 0.2 * n]


def test_the_threshold_is_the_policys() -> None:
    threshold = document()["threshold"]
    assert threshold["intervals"] == [1, 2]
    assert threshold["values"] == pytest.approx([1.1 - 0.1, 2.2 - 0.1])


def test_the_best_parameters_can_be_copied() -> None:
    best = document()["sweep"]["best"]
    assert best["value"] == 0.2 * 11
    assert best["forms"]["args"] == "--lr=1e-11"
    assert "trial: sweep-11" in best["forms"]["yaml"]


def test_non_finite_numbers_are_left_out() -> None:
    trials = [trial_body(n, [math.nan, math.inf, 0.5, 1e308]) for n in range(9)]
    text = json.dumps(build_document(sweep_body(), trials, NOW), allow_nan=False)
    assert json.loads(text)["trials"][0]["curve"]["values"] == [None, None, 0.5, 1e308]


def test_a_sweep_that_was_never_accepted_has_a_document() -> None:
    body = sweep_body()
    body["spec"]["searchSpace"] = {"lr": {"type": "nonsense"}}
    shown = build_document(body, [], NOW)
    assert shown["importance"]["mains"] == []
    assert shown["parameters"] == []


def test_time_left() -> None:
    # Two of four have ended after 40 and 41 s, in two slots; two more are to come, one after the other in each.
    trials = [trial_body(n, [0.1]) for n in range(2)]
    left = build_document(sweep_body(), trials, NOW)["sweep"]["left"]
    assert left == pytest.approx((2 * 40.5) / 2)
    assert build_document(sweep_body(phase="Suspended"), trials, NOW)["sweep"]["left"] is None
    assert build_document(sweep_body(), [], NOW)["sweep"]["left"] is None
    limited = sweep_body(startTime=sweep_body()["metadata"]["creationTimestamp"])
    limited["spec"]["limits"]["timeout"] = 110
    assert build_document(limited, trials, NOW)["sweep"]["left"] == pytest.approx(10)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=1500), st.integers(30, 200))
def test_a_thinned_curve_keeps_its_important_points(values: list[float], most: int) -> None:
    curve = Curve(Goal.MAXIMIZE)
    for value in values:
        curve.append(value)
    points = sample_curve(curve, most)
    taken = dict(zip(points["intervals"], points["values"], strict=True))
    assert len(taken) <= most
    assert taken[1] == values[0]
    assert points["intervals"] == sorted(taken)
    if curve.best_interval <= len(curve.values):
        assert taken[curve.best_interval] == curve.best
    if len(values) <= 1000:
        assert taken[len(values)] == values[-1]
        assert all(taken[n] == values[n - 1] for n in taken)


def test_few_curves_are_not_thinned() -> None:
    assert points_per_curve(TRIALS) == 3


def test_a_report_runs_its_own_scripts_only() -> None:
    text = render_report([document()])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    scripts = re.findall(r'<script(?: type="module")?>(.*?)</script>', text, re.DOTALL)
    assert len(scripts) == len([*LIBRARIES, report_script()])
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert not re.search(r'(src|href)="(?!data:,)', text.partition("<style>")[0])


def test_data_of_a_report_cannot_become_script() -> None:
    shown = document()
    evil = "</script><script>alert(1)</script><!--"
    shown["trials"][0]["parameters"]["lr"] = evil
    text = render_report([shown])
    assert evil not in text
    held = re.search(r'id="documents">(.*?)</script>', text, re.DOTALL)
    assert held is not None
    assert json.loads(held[1]) == [shown]


def test_vendored_files_equal_the_published_ones() -> None:
    """The checksums in vendor/README.md match the files, so no vendored file was edited."""
    listed = read_asset("vendor/README.md")
    for name in [*STYLES, *LIBRARIES]:
        if name.startswith("vendor/"):
            file = name.removeprefix("vendor/")
            digest = hashlib.sha256(read_asset(name).encode()).hexdigest()
            assert f"{file} | {digest}" in listed
    for licence in ("echarts.LICENSE", "echarts.NOTICE", "tabulator.LICENSE"):
        assert len(read_asset(f"vendor/{licence}")) > 100


# The feed of an open sweep.


@pytest.fixture
async def server() -> MemoryApiServer:
    return MemoryApiServer(lambda: NOW)


@pytest.fixture
async def feeds(server: MemoryApiServer) -> AsyncIterator[FeedRegistry]:
    import asyncio

    async def no_log(pod: str, after: float) -> AsyncIterator[bytes]:
        yield pod.encode()

    put(server, "sweepjobs", sweep_body())
    found = FeedRegistry(KubeClient(MemoryTransport(server, no_log)), [None])
    task = asyncio.create_task(found.run())
    await found.wait_until_synced()
    yield found
    found.close()
    task.cancel()


def put(server: MemoryApiServer, resource: str, body: dict[str, Any]) -> None:
    body["metadata"].setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
    if resource == "sweeptrials":
        body["metadata"]["ownerReferences"][0]["uid"] = "sweep-uid"
    server.store.put(resource, body)


async def test_a_viewer_receives_changes(server: MemoryApiServer, feeds: FeedRegistry) -> None:
    put(server, "sweeptrials", trial_body(0, [0.1], TrialPhase.RUNNING))
    async with feeds.feed("team", "sweep") as feed:
        first = await feed.document(curves=False)
        assert [(t["index"], t["curve"]["values"]) for t in first["trials"]] == [(0, [])]
        events = feed.events(first["feed"], first["version"])
        # The curves were left out: all of it comes once more.
        whole = await anext(events)
        assert whole["trials"][0]["curve"]["values"] == [0.1]
        put(server, "sweeptrials", trial_body(1, [0.3, 0.4], TrialPhase.RUNNING))
        news = await anext(events)
        while not news["trials"]:
            news = await anext(events)
        assert [t["index"] for t in news["trials"]] == [1]
        server.store.remove("sweeptrials", ("team", "sweep-0"))
        while not news["gone"]:
            news = await anext(events)
        assert news["gone"] == [0]
        # One that comes back after a while has missed nothing.
        again = await anext(feed.events(whole["feed"], whole["version"]))
        assert [t["index"] for t in again["trials"]] == [1]
        assert again["gone"] == [0]
        stranger = await anext(feed.events("another feed", 10**6))
        assert [t["index"] for t in stranger["trials"]] == [1]


async def test_trials_of_an_earlier_sweep_of_the_name_are_hidden(
    server: MemoryApiServer, feeds: FeedRegistry
) -> None:
    former = trial_body(5, [0.9])
    server.store.put("sweeptrials", former)
    async with feeds.feed("team", "sweep") as feed:
        assert (await feed.document(curves=True))["trials"] == []


async def test_an_unknown_sweep_has_no_feed(server: MemoryApiServer, feeds: FeedRegistry) -> None:
    with pytest.raises(Unavailable, match="there is no sweep team/other"):
        async with feeds.feed("team", "other"):
            pass
    async with feeds.feed("team", "sweep") as before:
        pass
    async with feeds.feed("team", "sweep") as feed:
        assert feed is before  # an idle feed is kept for a while
    change = feeds.wait_for_change()
    server.store.remove("sweepjobs", ("team", "sweep"))
    await change
    with pytest.raises(Unavailable):
        async with feeds.feed("team", "sweep"):
            pass
    assert [
        event async for event in feed.events("", 0)
    ] == []  # a stream ends, rather than to stand still


def test_the_curves_of_other_metrics_stay_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    metric = MetricCurve("loss")
    for n in range(1000):
        metric.append(float(n))
    other = dump_other_metrics([metric])
    trials = [trial_body(n, [0.1], otherMetrics=other) for n in range(10)]
    shown = build_document(sweep_body(), trials, NOW)
    points = shown["trials"][0]["metrics"]["loss"]
    assert points[0] == [1, 0.0]
    assert points[-1] == [1000, 999.0]
    assert len(points) == len(metric.points()) <= shown["metricPointsEach"]
    monkeypatch.setattr("sweepjob.dashboard.curves._MAX_METRIC_POINTS", 100)
    fewer = build_document(sweep_body(), trials, NOW)
    assert fewer["metricPointsEach"] == 10
    assert [n for n, _ in fewer["trials"][0]["metrics"]["loss"]][-1] == 1000
    assert len(fewer["trials"][0]["metrics"]["loss"]) == 10
    monkeypatch.setattr("sweepjob.dashboard.curves._MAX_METRIC_POINTS", 50)
    none = build_document(sweep_body(), trials, NOW)
    assert (none["metricPointsEach"], none["trials"][0]["metrics"]) == (0, {})


def test_several_objectives_and_constraints_are_in_the_document() -> None:
    body = sweep_body()
    del body["spec"]["objective"]
    body["spec"]["objectives"] = [
        {"goal": "maximize", "primaryMetric": "score"},
        {"goal": "minimize", "primaryMetric": "latency"},
    ]
    body["spec"]["constraints"] = [{"metric": "size", "max": 50}]
    trials = [trial_body(0, [0.5], feasible=False), trial_body(1, [0.4])]
    trials[0]["status"]["values"] = {"score": "0.5", "latency": "nan", "size": "60.0"}
    shown = build_document(body, trials, NOW)
    assert shown["sweep"]["objectives"] == [
        {"goal": "maximize", "metric": "score"},
        {"goal": "minimize", "metric": "latency"},
    ]
    assert shown["sweep"]["constraints"] == [{"metric": "size", "text": "size <= 50"}]
    first, second = shown["trials"]
    assert first["results"] == {"score": 0.5, "latency": None, "size": 60.0}
    assert first["feasible"] is False
    assert "results" not in second
    assert "objectives" not in document()["sweep"], "one objective is as before"
