"""Several sweeps over the fake API server, in virtual time: what one of them meets delays no other."""

from __future__ import annotations

import asyncio

import pytest
from sweepjob.kube.transport import Request, Response
from sweepjob.local.api_server import MemoryApiServer

from tests.fake_api.transport import FaultyTransport

from .scenarios import spec
from .two_sweeps import GOOD, SLOW, play

pytestmark = pytest.mark.usefixtures("quiet_logs")

NEIGHBOURS = 100  # their requests take all that the rate limit allows for more than ten seconds


class SlowWebhook(FaultyTransport):
    """A fake: a webhook that thinks for long about one trial's Job, and about no other."""

    async def request(self, request: Request) -> Response:
        name = (request.body or {}).get("metadata", {}).get("name")
        if request.method == "POST" and name == "good-1" and request.path.endswith("/jobs"):
            await asyncio.sleep(6 * SLOW)
        return await super().request(request)


def slots_are_filled(server: MemoryApiServer) -> bool:
    """Whether several trials of the good sweep have ended, and others have taken their slots; before the
    Job that the webhook thinks about is there."""
    jobs = {key[1] for key in server.store.all("jobs")}
    assert "good-1" not in jobs, "the others have waited for it"
    records = server.store.all("sweeptrials")  # they stay, when the Jobs of stopped trials are gone
    ran = {key[1] for key, body in records.items() if (body.get("status") or {}).get("job")}
    return {"good-3", "good-4", "good-5"} <= ran


def test_a_quota_in_one_namespace_delays_no_other() -> None:
    alone = play({})
    beside = play({f"refused{n}": GOOD for n in range(NEIGHBOURS)})
    assert beside < alone + 2.0


def test_a_slow_webhook_for_one_trial_delays_no_other() -> None:
    assert play({}, SlowWebhook, until=slots_are_filled) < 4 * SLOW


def test_slow_samplers_delay_no_other_sweep() -> None:
    learning = spec(12, 3, samplingAlgorithm={"type": "bayesian", "seed": 1})
    alone = play({})
    beside = play({f"slow{n}": learning for n in range(2)})
    # The cluster's chances fall otherwise with more pods; waiting even once would be more than this.
    assert beside < alone + 0.8 * SLOW
