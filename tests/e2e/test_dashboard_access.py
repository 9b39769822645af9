"""The page in the cluster: everyone sees what they may read, and nobody anything else."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser import chromium, visit
from tests.cluster import target as clusters
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually

NAME = "sweepjob-dashboard"
ONE = {"maxTotalTrials": 1, "maxConcurrentTrials": 1}
PROXY = "dashboard.trustedProxy"


@dataclass(frozen=True)
class Site:
    """The page behind a port of this machine."""

    address: str

    def get(
        self, path: str, method: str = "GET", body: object = None, **headers: str
    ) -> tuple[int, bytes]:
        """Status and body; of a stream its first event."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, named, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                if "event-stream" in answer.headers.get("Content-Type", ""):
                    return answer.status, answer.readline().removeprefix(b"data: ")
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def sweeps(self, **headers: str) -> set[str]:
        status, body = self.get("/api/sweeps", **headers)
        assert status == 200, body
        return {f"{s['namespace']}/{s['name']}" for s in json.loads(body)["sweeps"]}


@pytest.fixture(scope="module")
def site(target: Target, sweeps: Sweeps) -> Iterator[Site]:
    """The chart with its page switched on, and off again afterwards."""
    sweeps.apply("asleep", sweeps.spec({"level": choice(0.5)}, suspend=True))
    sweeps.apply("tagged", sweeps.spec({"level": choice(0.5), "reports": choice(1)}, limits=ONE))
    sweeps.await_end("tagged")
    on = (
        "--set",
        "dashboard.enabled=true,dashboard.tags=true",
        "--set",
        f"{PROXY}.userHeader=X-Forwarded-User",
    )
    peer = f"{PROXY}.from[0].podSelector.matchLabels.app=proxy"
    clusters.install(target, *on, "--set", f"{PROXY}.groupsHeader=X-Groups", "--set", peer)
    command = [target.kubectl_program, f"--kubeconfig={target.kubeconfig}", "-n", clusters.SYSTEM]
    process = subprocess.Popen(
        [*command, "port-forward", f"service/{NAME}", ":80"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    found = re.search(r"127\.0\.0\.1:\d+", process.stdout.readline())
    assert found is not None
    yield Site(f"http://{found[0]}")
    process.terminate()
    process.wait()
    clusters.install(target)


@pytest.fixture(scope="module")
def reader(sweeps: Sweeps) -> str:
    """The token of an account that may look at this namespace."""
    sweeps.kubectl("create", "serviceaccount", "reader")
    account = f"--serviceaccount={sweeps.namespace}:reader"
    sweeps.kubectl("create", "rolebinding", "reader", "--clusterrole=view", account)
    return sweeps.kubectl("create", "token", "reader").strip()


def test_without_a_token_no_data_is_served(site: Site) -> None:
    status, body = site.get("/")
    assert status == 200
    assert b"asleep" not in body
    for path in ("/api/sweeps", "/api/sweeps/a/b", "/api/sweeps/a/b/events"):
        assert site.get(path)[0] == 401
        assert site.get(path, Authorization="Bearer made-up")[0] == 401


def test_a_viewer_sees_only_permitted_namespaces(site: Site, sweeps: Sweeps, reader: str) -> None:
    named = {"Authorization": f"Bearer {reader}"}
    eventually(lambda: site.sweeps(**named), 40, "the right is known")
    assert site.sweeps(**named) == {f"{sweeps.namespace}/asleep", f"{sweeps.namespace}/tagged"}
    status, body = site.get(f"/api/sweeps/{sweeps.namespace}/asleep", **named)
    assert status == 200
    assert json.loads(body)["sweep"]["name"] == "asleep"
    status, body = site.get(f"/api/sweeps/{sweeps.namespace}/asleep/events", **named)
    assert status == 200
    assert json.loads(body)["sweep"]["phase"] == "Suspended"
    assert site.get("/api/sweeps/kube-system/asleep", **named)[0] == 403
    assert site.get("/api/sweeps/kube-system/asleep/events", **named)[0] == 403


def test_a_user_without_permissions_sees_nothing(site: Site, sweeps: Sweeps) -> None:
    sweeps.kubectl("create", "serviceaccount", "stranger")
    token = sweeps.kubectl("create", "token", "stranger").strip()
    named = {"Authorization": f"Bearer {token}"}
    assert site.sweeps(**named) == set()
    status, body = site.get(f"/api/sweeps/{sweeps.namespace}/asleep", **named)
    assert status == 403
    assert b"you may not read" in body


def test_a_trusted_proxy_forwards_the_user(site: Site, sweeps: Sweeps) -> None:
    team = ("create", "rolebinding", "team", "--clusterrole=view", "--group=researchers")
    sweeps.kubectl(*team)
    member = {"X_Forwarded_User": "anna", "X_Groups": "others, researchers"}
    assert site.sweeps(**member) == {f"{sweeps.namespace}/asleep", f"{sweeps.namespace}/tagged"}
    assert site.sweeps(X_Forwarded_User="anna", X_Groups="others") == set()


def test_nothing_but_tags_and_notes_is_written(site: Site, target: Target, reader: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        named = {"Authorization": f"Bearer {reader}"}
        assert site.get("/api/sweeps", method, **named)[0] == 405
    account = f"--as=system:serviceaccount:{clusters.SYSTEM}:{NAME}"
    rights = target.kubectl("auth", "can-i", "--list", account, "--namespace", "default")
    ours = dict(line.split(maxsplit=1) for line in rights.splitlines() if "sweepjob.dev" in line)
    assert sorted(ours) == ["sweepjobs.sweepjob.dev", "sweeptrials.sweepjob.dev"]
    assert "patch" not in ours["sweepjobs.sweepjob.dev"]
    assert ours["sweeptrials.sweepjob.dev"].endswith("[get list watch patch]")


def test_a_viewer_tags_trials_with_a_right_of_their_own(
    site: Site, sweeps: Sweeps, reader: str
) -> None:
    path = f"/api/sweeps/{sweeps.namespace}/tagged"
    change = {"tags": {"keep": "yes"}, "note": "good"}
    named = {"Authorization": f"Bearer {reader}"}
    status, body = site.get(f"{path}/trials/tagged-0/annotations", "PATCH", change, **named)
    assert (status, b"you may read the trials of namespace" in body) == (403, True)
    assert b"role edit" in site.get(f"{path}/changes", **named)[1]
    sweeps.kubectl("create", "rolebinding", "leads", "--clusterrole=edit", "--group=leads")
    lead = {"X_Forwarded_User": "lea", "X_Groups": "leads"}
    assert json.loads(site.get(f"{path}/changes", **lead)[1]) == {"refusal": ""}
    assert site.get(f"{path}/trials/tagged-0/annotations", "PATCH", change, **lead)[0] == 204
    meta = sweeps.get("sweeptrial", "tagged-0")["metadata"]
    assert meta["labels"]["sweepjob.dev/tag-keep"] == "yes"
    assert meta["annotations"]["sweepjob.dev/note"] == "good"


def test_a_user_enters_a_token(site: Site, reader: str) -> None:
    with chromium() as browser, visit(browser) as page:
        page.page.goto(site.address)
        page.page.get_by_label("token").fill(reader)
        page.page.get_by_role("button", name="Show sweeps").click()
        page.page.get_by_role("link", name="asleep", exact=True).click()
        page.page.wait_for_selector("#view .summary")
        # The refusal before the token was there is the only thing the console may say.
        page.complaints[:] = [c for c in page.complaints if "401" not in c]
        page.check()
