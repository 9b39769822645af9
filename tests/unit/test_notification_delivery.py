"""Notifications under kills, API errors and receivers that fail, in virtual time: each that the status had
arrives once or more with the same content, in order, and none is missing."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
from collections import defaultdict
from typing import Any, cast

import pytest
from sweepjob.api.meta.identity import ObjectKey
from sweepjob.api.notifications.outbox import Delivery
from sweepjob.controllers import notification_dispatcher
from sweepjob.controllers.notification_dispatcher import NotificationDispatcher
from sweepjob.controllers.sweep_registry import SweepRegistry
from sweepjob.kube.transport import Request
from sweepjob.local.store import Body, Change
from sweepjob.notifications.receivers import NotificationSettings, Receiver
from sweepjob.notifications.request import WebhookRequest
from sweepjob.notifications.response import WebhookResponse
from sweepjob.notifications.subscriptions import Subscription

from tests.fake_api.harness import NAMESPACE, SETTINGS, Scenario

from .scenarios import HEAVY_FAULTS, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

ALL = frozenset(
    ("started", "new_best", "completed", "failed", "refused", "needs_attention", "recovered")
) | {"suspended", "resumed"}
SWEEP = f"/apis/sweepjob.dev/v1alpha1/namespaces/{NAMESPACE}/sweepjobs/sweep"


def receiver(name: str, **given: Any) -> Receiver:
    return Receiver(name, f"https://{name}.example.com/", **{"events": ALL, **given})


def settings(*receivers: Receiver, retention: float = 86400.0) -> Any:
    found = NotificationSettings({r.id: r for r in receivers}, retention=retention)
    return dataclasses.replace(SETTINGS, notifications=found)


class Receivers:
    """Fake receivers: what they got, and how they answer.

    Args:
        chance: the source of all randomness.
        dead: hosts that hang until the timeout, for ever.
        failing: the probability of a failure, of hosts that recover.
    """

    def __init__(
        self, chance: random.Random, dead: tuple[str, ...] = (), failing: float = 0.3
    ) -> None:
        self._chance = chance
        self._dead = dead
        self._failing = failing
        self.got: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.attempts: dict[str, list[float]] = defaultdict(list)
        self.times: dict[str, list[float]] = defaultdict(list)

    async def send(self, request: WebhookRequest) -> WebhookResponse:
        host = request.url.removeprefix("https://").partition(".")[0]
        now = asyncio.get_running_loop().time
        self.attempts[host].append(now())
        await asyncio.sleep(self._chance.uniform(0.001, 0.05))
        if host in self._dead:
            await asyncio.sleep(10)
            return WebhookResponse(0, problem="no response within 10 s")
        kind = self._chance.random()
        if kind < self._failing / 2:
            return self._chance.choice(
                (
                    WebhookResponse(429, "2"),
                    WebhookResponse(500),
                    WebhookResponse(302),
                    WebhookResponse(0, problem="cannot connect"),
                )
            )
        self.got[host].append(json.loads(request.body))
        self.times[host].append(now())
        await asyncio.sleep(self._chance.uniform(0.001, 0.05))
        if kind < self._failing:  # it has got it, but the operator does not learn that
            return WebhookResponse(0, problem="the connection broke")
        return WebhookResponse(200)


class NotifiedSweep(Scenario):
    """A sweep that ends when every receiver has got everything."""

    announced: dict[int, Body]

    def is_over(self) -> bool:
        return super().is_over() and not self.waiting

    @property
    def waiting(self) -> list[Body]:
        pending: list[Body] = self.sweep["status"].get("notifications", {}).get("pending", [])
        return pending

    def _apply(self) -> None:
        self.announced, self.transitions = {}, list[str]()
        self.server.store.observers.append(self._observe)
        super()._apply()

    def _observe(self, change: Change) -> None:
        """Note what the recorded status announces, and what happened by its conditions."""
        if change.resource != "sweepjobs" or change.new is None:
            return
        status = change.new.get("status") or {}
        for note in status.get("notifications", {}).get("pending", []):
            known = self.announced.setdefault(note["sequence"], note)
            assert known == note, "a notification never changes"
        was, now = _true(change.old), _true(change.new)
        for kind in ("Complete", "Failed", "Suspended"):
            if kind in now - was:
                self.transitions.append(kind.lower())
        if "Suspended" in was - now:
            self.transitions.append("resumed")


def _true(body: Body | None) -> set[str]:
    conditions = ((body or {}).get("status") or {}).get("conditions") or ()
    return {c["type"] for c in conditions if c["status"] == "True"}


class SuspendedSweep(NotifiedSweep):
    """A user suspends and resumes the sweep again and again."""

    async def _act_as_users(self, chance: random.Random) -> None:
        longest = 3.0 if self.faults else 0.6
        for turn in range(2 * round(50 / longest)):
            await asyncio.sleep(chance.uniform(0.05, longest))
            if not Scenario.is_over(self):
                change = {"spec": {"suspend": turn % 2 == 0}}
                self.server.answer(Request("PATCH", SWEEP, {}, change))


def events_of(got: list[dict[str, Any]]) -> list[str]:
    """The types of what a receiver got, each id once."""
    first = {event["id"]: event for event in got}
    return [event["type"].rpartition(".")[2] for event in first.values()]


def check_received(
    scenario: NotifiedSweep, got: list[dict[str, Any]], wanted: frozenset[str]
) -> None:
    """Everything once or more, the same each time, first arrivals in order."""
    contents = defaultdict(set)
    for event in got:
        contents[event["id"]].add(json.dumps(event, sort_keys=True))
    assert {len(found) for found in contents.values()} <= {1}, "a repetition is the same"
    expected = [n for n, note in sorted(scenario.announced.items()) if note["type"] in wanted]
    first = list(dict.fromkeys(int(event["sequence"]) for event in got))
    assert first == expected
    types = {"completed": "complete"}
    said = [types.get(kind, kind) for kind in events_of(got)]
    for kind in ("complete", "failed", "suspended", "resumed"):
        if {"complete": "completed"}.get(kind, kind) in wanted:
            assert said.count(kind) == scenario.transitions.count(kind), kind


@pytest.mark.parametrize("block", range(4))
def test_a_thousand_notifications_survive_random_kills(block: int) -> None:
    total, repeated, killed = 0, 0, 0
    for seed in range(5 * block, 5 * block + 5):
        chance = random.Random(seed)
        receivers = Receivers(chance, failing=0.15)
        scenario = SuspendedSweep(
            seed,
            spec(10, 3),
            kills=frozenset(chance.sample(range(100, 8_000), 30)),
            faults=HEAVY_FAULTS if seed % 5 == 4 else {},
            downtime=(0.1, 4.0),
            settings=settings(
                receiver("all", every_sweep=True),
                receiver("ends", every_sweep=True, events=frozenset(("completed", "failed"))),
            ),
            sender=receivers,
        )
        scenario.run()
        check_received(scenario, receivers.got["all"], ALL)
        check_received(scenario, receivers.got["ends"], frozenset(("completed", "failed")))
        ids = [event["id"] for event in receivers.got["all"]]
        total, repeated = total + len(set(ids)), repeated + len(ids) - len(set(ids))
        killed += scenario.killed
    assert total >= 240, total
    assert killed >= 60, killed
    assert repeated > 25, "some were delivered, but the operator was killed before it knew"


def test_a_dead_receiver_delays_no_other_and_no_sweep() -> None:
    """It hangs at every attempt; what it does not get in time is given up, and the status says so."""
    alone = Receivers(random.Random(1), failing=0.0)
    undisturbed = NotifiedSweep(
        3, spec(8, 2), settings=settings(receiver("good", every_sweep=True)), sender=alone
    )
    undisturbed.run()
    both = Receivers(random.Random(1), dead=("dead",), failing=0.0)
    scenario = NotifiedSweep(
        3,
        spec(8, 2),
        settings=settings(
            receiver("dead", every_sweep=True),
            receiver("good", every_sweep=True),
            retention=1000.0,
        ),
        sender=both,
    )
    scenario.run()
    assert events_of(both.got["good"]) == events_of(alone.got["good"])
    assert both.times["good"][-1] < alone.times["good"][-1] + 3
    status = scenario.sweep["status"]
    states = {state["id"]: state for state in status["notifications"]["receivers"]}
    assert states["dead"]["lost"] == len(scenario.announced)
    assert states["good"]["lost"] == 0
    (said,) = [c for c in status["conditions"] if c["type"] == "NotificationsUndelivered"]
    assert said["reason"] == "NotificationsLost"
    assert f"{len(scenario.announced)} to receiver dead" in said["message"]
    assert len(both.attempts["dead"]) < 40, "pauses grow"


def test_the_outbox_is_bounded_and_says_what_it_dropped() -> None:
    receivers = Receivers(random.Random(1), dead=("dead",))
    scenario = SuspendedSweep(
        5,
        spec(40, 1, earlyTermination={"type": "bandit", "slackAmount": 9}),
        settings=settings(receiver("dead", every_sweep=True), retention=4000.0),
        sender=receivers,
        timeout=20_000,
    )
    most = 0

    def observe(change: Change) -> None:
        nonlocal most
        if change.resource == "sweepjobs" and change.new is not None:
            box = change.new.get("status", {}).get("notifications", {})
            most = max(most, len(box.get("pending", [])))

    original = scenario._apply

    def apply() -> None:
        original()
        scenario.server.store.observers.append(observe)

    scenario._apply = apply  # type: ignore[method-assign] # to observe
    scenario.run()
    assert most == 30
    (state,) = scenario.sweep["status"]["notifications"]["receivers"]
    assert state["lost"] == scenario.sweep["status"]["notifications"]["sequence"] > 30


def test_a_refused_spec_is_notified_once() -> None:
    receivers = Receivers(random.Random(1), failing=0.0)
    bad = spec(4, 2)
    bad["trial"]["command"] = "train ${{search_space.nothing}}"

    class Refused(NotifiedSweep):
        def is_over(self) -> bool:
            status = self.sweep.get("status") or {}
            return status.get("phase") == "Invalid" and self.loop.time() > 30

    scenario = Refused(
        1,
        bad,
        kills=frozenset([40, 90]),
        settings=settings(receiver("all", every_sweep=True)),
        sender=receivers,
    )
    scenario.run()
    assert set(events_of(receivers.got["all"])) == {"refused"}
    assert len({event["id"] for event in receivers.got["all"]}) == 1
    assert "search_space.nothing" in receivers.got["all"][0]["data"]["message"]
    assert scenario.waiting == []


@pytest.mark.parametrize(
    ("entry", "remedy"),
    [
        ({"receiver": "nobody"}, "receivers for namespace team: all"),
        ({"receiver": "others"}, "receivers for namespace team: all"),
        ({"url": "https://elsewhere.example.com/"}, "notifications.allowedUrls"),
    ],
)
def test_a_receiver_that_may_not_be_used_is_said(entry: Body, remedy: str) -> None:
    receivers = Receivers(random.Random(1), failing=0.0)

    class AwaitedCondition(NotifiedSweep):
        def is_over(self) -> bool:
            conditions = (self.sweep.get("status") or {}).get("conditions") or ()
            said = [c for c in conditions if c["type"] == "NotificationsUndelivered"]
            return Scenario.is_over(self) and bool(said)

    scenario = AwaitedCondition(
        1,
        spec(3, 2, notifications=[entry, {"receiver": "all"}]),
        settings=settings(receiver("all"), receiver("others", namespaces=("other",))),
        sender=receivers,
    )
    scenario.run()
    assert "completed" in events_of(receivers.got["all"])
    assert set(receivers.got) == {"all"}
    conditions = scenario.sweep["status"]["conditions"]
    (said,) = [c for c in conditions if c["type"] == "NotificationsUndelivered"]
    assert said["reason"] == "DeliveryFailed"
    assert remedy in said["message"]


def test_without_receivers_the_status_has_no_outbox() -> None:
    scenario = NotifiedSweep(1, spec(3, 2), sender=Receivers(random.Random(1)))
    scenario.run()
    assert "notifications" not in scenario.sweep["status"]


def test_receivers_of_ever_new_urls_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notification_dispatcher, "_MOST_CHANNELS", 10)
    now = [0.0]
    made = NotificationDispatcher(*([cast("Any", None)] * 4), lambda: now[0])
    used, failing = (made._channel(*_url(name)) for name in ("used", "failing"))
    used.users, failing.failed_in_a_row, failing.paused_until = 1, 3, 300.0
    for n in range(100):
        made._channel(*_url(f"sweep-{n}"))
        assert len(made._channels) <= 10
    assert made._channel(*_url("used")) is used
    assert made._channel(*_url("failing")) is failing, "it is still paused"
    now[0], used.users = 10_000.0, 0
    for n in range(20):
        made._channel(*_url(f"other-{n}"))
    assert made._channel(*_url("failing")) is not failing


def test_deliveries_of_deleted_sweeps_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver may delete the sweep when it is told that it has ended."""
    monkeypatch.setattr(notification_dispatcher, "_MOST_DELIVERIES", 10)
    registry = SweepRegistry(SETTINGS)
    registry.connect()
    made = NotificationDispatcher(
        registry, cast("Any", None), cast("Any", None), lambda _: None, lambda: 0.0
    )
    for n in range(100):
        meta = {"namespace": "team", "name": f"sweep-{n}", "uid": str(n), "generation": 1}
        body = {"metadata": {**meta, "resourceVersion": str(n + 1)}, "spec": {}}
        registry.on_event(body, deleted=False)
        entry = registry.get(ObjectKey("team", f"sweep-{n}"))
        assert entry is not None
        made._set_delivery(entry, "webhook", Delivery(1))
        assert made.deliveries(entry) == {"webhook": Delivery(1)}
        if n:
            registry.on_event(body, deleted=True)
    assert len(made._deliveries) <= 10
    kept = registry.get(ObjectKey("team", "sweep-0"))
    assert kept is not None
    assert made.deliveries(kept) == {"webhook": Delivery(1)}


def test_many_sweeps_that_exist_are_not_looked_at_for_each_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notification_dispatcher, "_MOST_DELIVERIES", 10)
    registry, asked = SweepRegistry(SETTINGS), list[ObjectKey]()
    registry.connect()
    made = NotificationDispatcher(
        registry, cast("Any", None), cast("Any", None), lambda _: None, lambda: 0.0
    )
    for n in range(320):
        meta = {"namespace": "team", "name": f"sweep-{n}", "uid": str(n), "generation": 1}
        body = {"metadata": {**meta, "resourceVersion": str(n + 1)}, "spec": {}}
        registry.on_event(body, deleted=False)
    entries = [entry for _, entry in registry.items()]
    known = registry.get
    monkeypatch.setattr(registry, "get", lambda key: asked.append(key) or known(key))
    for entry in entries:
        made._set_delivery(entry, "webhook", Delivery(1))
    assert len(made._deliveries) == 320
    assert len(asked) <= 2 * 320


def _url(name: str) -> tuple[tuple[ObjectKey, str], Subscription]:
    return (ObjectKey("team", "sweep"), name), Subscription(receiver(name, is_of_sweep=True))
