"""A receiver in the cluster is told of a sweep, also when the operator is killed; a URL of a sweep is not tried
unless the chart allows it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudevents.v1.http import from_http
from standardwebhooks.webhooks import Webhook

from tests.cluster import target as clusters

from .operators import kill_operator, restarts
from .sweeps import Sweeps, choice, eventually

RECEIVER = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Handler.count += 1
        status = 503 if Handler.count % 3 == 1 else 202
        told = {"path": self.path, "status": status, "headers": dict(self.headers), "body": body}
        print(json.dumps(told), flush=True)
        self.send_response(status)
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"""
KEY = base64.b64encode(os.urandom(24)).decode()


@pytest.fixture(scope="module")
def receiver(sweeps: Sweeps, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A pod that keeps what it gets; the operator is told of it for this module."""
    if sweeps.target.built_in is None:
        pytest.skip("changes the release and kills the operator: for the built-in cluster only")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "receiver"},
        "spec": {
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "receiver",
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "image": sweeps.target.images["trainer"],
                    "command": ["python", "-c", RECEIVER],
                }
            ],
        },
    }
    sweeps.kubectl("apply", "-f", "-", stdin=json.dumps(pod))
    address = eventually(
        lambda: sweeps.get("pod", "receiver")["status"].get("podIP"), 60, "it runs"
    )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "team-webhook", "namespace": clusters.SYSTEM},
        "stringData": {"signing-key": KEY},
    }
    sweeps.target.kubectl("apply", "-f", "-", stdin=json.dumps(secret))
    values = {
        "notifications": {
            "receivers": {
                "team": {"url": f"http://{address}:8000/team", "secret": "team-webhook"},
                "dead": {"url": "http://192.0.2.1:1/"},
            },
            # The pod's address is none that a sweep may reach, though its URL is allowed.
            "allowedUrls": [f"http://{address}:8000/of-sweeps"],
        }
    }
    file = Path(tmp_path_factory.mktemp("values")) / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    clusters.install(sweeps.target, "-f", str(file))
    yield str(address)
    clusters.install(sweeps.target)
    sweeps.target.kubectl("-n", clusters.SYSTEM, "delete", "secret", "team-webhook")


def received(sweeps: Sweeps) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sweeps.kubectl("logs", "receiver").splitlines()]


def test_a_receiver_is_told_of_a_sweep(sweeps: Sweeps, receiver: str) -> None:
    events = ["started", "new_best", "completed"]
    own = {"url": f"http://{receiver}:8000/of-sweeps/x"}
    spec = sweeps.spec(
        {"level": choice(0.1, 0.5), "reports": choice(10), "pause": choice(0.2)},
        notifications=[{"receiver": "team", "events": events}, {"receiver": "dead"}, own],
    )
    sweeps.apply("told", spec)
    eventually(lambda: received(sweeps), 120, "the first notification")
    before = restarts(sweeps)
    kill_operator(sweeps)
    eventually(lambda: restarts(sweeps) > before, 60, "the operator runs again")
    ended = sweeps.await_end("told")

    def is_delivered() -> bool:
        box = sweeps.sweep("told")["status"]["notifications"]
        [state] = [s for s in box["receivers"] if s["id"] == "team"]
        return bool(state["through"] == box["sequence"] or not _waiting(box, state, events))

    eventually(is_delivered, 60, "everything is delivered")
    got = received(sweeps)
    assert {one["path"] for one in got} == {"/team"}
    accepted = [one for one in got if one["status"] == 202]
    found = {}
    for one in accepted:
        lower = {name.lower(): value for name, value in one["headers"].items()}
        Webhook(KEY).verify(one["body"], lower)
        event = from_http(one["headers"], one["body"].encode())
        found.setdefault(event["id"], event)
    types = [event["type"].rpartition(".")[2] for event in found.values()]
    assert types[0] == "started"
    assert types[-2:] == ["new_best", "completed"] or types[-1] == "completed"
    assert types.count("completed") == 1
    assert [*found.values()][-1].data["best"]["trial"] == ended["status"]["best"]["trial"]
    said = eventually(
        lambda: sweeps.condition("told", "NotificationsUndelivered"), 120, "it says so"
    )
    assert said["reason"] == "DeliveryFailed"
    assert "receiver dead" in said["message"] or "not public" in said["message"]
    assert sweeps.events("DeliveryFailed")


def _waiting(box: dict[str, Any], state: dict[str, Any], events: list[str]) -> bool:
    return any(n["sequence"] > state["through"] and n["type"] in events for n in box["pending"])


def test_the_chart_grants_no_permission_on_secrets(sweeps: Sweeps, receiver: str) -> None:
    account = f"system:serviceaccount:{clusters.SYSTEM}:sweepjob"
    allowed = sweeps.target.kubectl("auth", "can-i", "--list", f"--as={account}")
    assert "secrets" not in allowed
