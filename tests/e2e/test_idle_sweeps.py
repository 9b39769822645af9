"""Nothing is polled: a sweep that is finished, suspended or waits for its trials costs no request."""

from __future__ import annotations

import re
import time
from collections import Counter

from tests.cluster import target as clusters
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually

_OURS = re.compile(
    r'^apiserver_request_total\{.*resource="(sweep[a-z]+)".*verb="(?!WATCH)(\w+)".*\} (\S+)$'
)
_SENT = re.compile(r"^sweepjob_operator_api_requests_total\{(.*)\} (\S+)$")
SECONDS = 12


def asked(target: Target) -> Counter[str]:
    """Requests so far: for our resources by the API server's count, for all by the operator's."""
    found: Counter[str] = Counter()
    for line in target.kubectl("get", "--raw", "/metrics").splitlines():
        match = _OURS.match(line)
        if match:
            found[f"{match[2]} {match[1]}"] += int(float(match[3]))
    path = f"/api/v1/namespaces/{clusters.SYSTEM}/services/sweepjob:8080/proxy/metrics"
    for line in target.kubectl("get", "--raw", path).splitlines():
        match = _SENT.match(line)
        if match and 'verb="WATCH"' not in match[1] and "selfsubject" not in match[1]:
            found[match[1]] += int(float(match[2]))
    return found


def settled(sweeps: Sweeps) -> Counter[str]:
    """The count once it has stood still for three seconds, or nothing.

    The API server counts the namespace controller's requests, too: those that take away what the tests
    before have left.
    """
    if "Terminating" in sweeps.target.kubectl("get", "namespaces"):
        return Counter()
    before = asked(sweeps.target)
    time.sleep(3)
    after = asked(sweeps.target)
    return after if before == after else Counter()


def test_idle_sweeps_cause_no_requests(sweeps: Sweeps) -> None:
    space = {"level": choice(0.1, 0.2), "reports": choice(2)}
    waiting = {"level": choice(0.1, 0.2), "reports": choice(1), "pause": choice(600)}
    sweeps.apply("finished", sweeps.spec(space, limits={"maxTotalTrials": 1}))
    sweeps.await_end("finished")
    made = asked(sweeps.target)
    assert any("sweeptrials" in what for what in made), "what is counted are our requests"
    sweeps.apply("suspended", {**sweeps.spec(space), "suspend": True})
    sweeps.apply("running", sweeps.spec(waiting, limits={"maxTotalTrials": 1}))
    sweeps.await_reports("running", 1)
    before = eventually(lambda: settled(sweeps), 180, "all is written")
    time.sleep(SECONDS)
    after = asked(sweeps.target)
    # A token is looked at again once a minute while its sidecar speaks. All sweeps together are listed
    # every three minutes, to find out a watch that is deaf.
    more = {w: n for w, n in (after - before).items() if "tokenreviews" not in w}
    audit = {"LIST sweepjobs": 1, 'code="200",resource="sweepjobs",verb="GET"': 1}
    assert {what: count for what, count in more.items() if count > audit.get(what, 0)} == {}
