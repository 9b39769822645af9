"""Requests to real receivers over HTTP, read with the public parsers of CloudEvents and Standard Webhooks."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
import os
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cloudevents.v1.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from sweepjob.api.meta.identity import ObjectIdentity
from sweepjob.api.notifications.event_type import EventType
from sweepjob.api.notifications.outbox import Notification
from sweepjob.api.spec.notification_url import is_within, url_problem
from sweepjob.notifications import http_sender
from sweepjob.notifications.cloud_event import SweepNotification
from sweepjob.notifications.http_sender import HttpSender
from sweepjob.notifications.networks import is_permitted
from sweepjob.notifications.receivers import NotificationSettings, Receiver
from sweepjob.notifications.request import UnusableReceiver, build_request
from sweepjob.notifications.response import Outcome, WebhookResponse, retry_after_seconds

from . import certificates

DATA = {
    "phase": "Running",
    "message": "a message with <!channel> & [a link](https://evil.example.com) and é",
    "objective": {"goal": "maximize", "primaryMetric": "val_accuracy"},
    "best": {"trial": "digits-7", "value": "0.97", "parameters": {"lr": "0.03", "kind": "mlp"}},
}
NOTE = Notification(7, EventType.NEW_BEST, "2026-11-30T09:00:00Z", "digits-7", json.dumps(DATA))
SENT = SweepNotification(ObjectIdentity("team-a", "digits", "0b5e-uid"), NOTE)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server on this machine; yields its address."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def send(receiver: Receiver, networks: Any = (), note: Any = SENT) -> WebhookResponse:
    return await HttpSender().send(build_request(note, receiver, networks, 1_800_000_000.0))


class Recorder:
    """A receiver that keeps what it got."""

    def __init__(self, status: int = 202, **headers: str) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self._status, self._headers = status, headers

    async def __call__(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self._status, headers=self._headers, text="not read")


async def test_a_parser_of_cloudevents_reads_it() -> None:
    recorder = Recorder()
    async with serve(recorder) as url:
        answer = await send(Receiver("team", f"{url}/hook"))
    assert answer.outcome is Outcome.DELIVERED
    ((headers, body),) = recorder.got
    event = from_http(headers, body)
    assert event["specversion"] == "1.0"
    assert event["id"] == "0b5e-uid/7/new_best"
    assert event["type"] == "dev.sweepjob.sweep.new_best"
    assert event["source"].endswith("/namespaces/team-a/sweepjobs/digits")
    assert (event["subject"], event["sequence"]) == ("digits-7", "0000000007")
    assert event["time"] == "2026-11-30T09:00:00Z"
    assert event.data["best"]["parameters"] == {"lr": "0.03", "kind": "mlp"}
    assert event.data["sweep"] == {"namespace": "team-a", "name": "digits", "uid": "0b5e-uid"}


def secret(folder: Path, **keys: str) -> Path:
    for name, text in keys.items():
        (folder / name.replace("_", "-")).write_text(f"{text}\n")
    return folder


async def test_a_secret_signs_and_authenticates_it(tmp_path: Path) -> None:
    key = base64.b64encode(os.urandom(32)).decode()
    recorder = Recorder()
    async with serve(recorder) as url:
        folder = secret(tmp_path, url=f"{url}/from-secret", token="t0ken", signing_key=key)
        request = build_request(SENT, Receiver("team", secrets=folder), (), time.time())
        assert (await HttpSender().send(request)).outcome is Outcome.DELIVERED
    ((headers, body),) = recorder.got
    assert headers["Authorization"] == "Bearer t0ken"
    sent = {name.lower(): value for name, value in headers.items()}
    assert Webhook(key).verify(body, sent)["id"] == sent["webhook-id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(body + b" ", sent)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "no URL"),
        ({"url": "ftp://a.example.com"}, "its URL"),
        ({"url": "https://a.example.com", "signing_key": "not base64!"}, "not base64"),
        ({"url": "https://a.example.com", "token": "a\nb: c"}, "not printable"),
    ],
)
def test_an_unusable_secret_is_said(tmp_path: Path, keys: dict[str, str], said: str) -> None:
    with pytest.raises(UnusableReceiver, match=said):
        build_request(SENT, Receiver("team", secrets=secret(tmp_path, **keys)), (), 0.0)


async def test_slack_and_teams_forms_cannot_be_broken_out_of() -> None:
    note = Notification(1, EventType.NEEDS_ATTENTION, NOTE.time, "digits", NOTE.data)
    sent = SweepNotification(SENT.sweep, note)
    bodies = {}
    for form in ("slack", "teams"):
        recorder = Recorder()
        async with serve(recorder) as url:
            await send(Receiver("team", url, format=form), note=sent)
        bodies[form] = json.loads(recorder.got[0][1])
    assert bodies["slack"]["text"].startswith("*Needs attention*: team-a/digits\n")
    assert "<!channel>" not in bodies["slack"]["text"]
    assert "&lt;!channel&gt; &amp; " in bodies["slack"]["text"]
    (card,) = bodies["teams"]["attachments"]
    title, text = (block["text"] for block in card["content"]["body"])
    assert title == "Needs attention: team\\-a/digits"
    assert "\\[a link\\]\\(https" in text


async def test_a_template_of_the_chart() -> None:
    template = {"summary": "${{title}} of ${{sweep}}: ${{best_value}} ${{nothing}}", "n": 3}
    recorder = Recorder()
    async with serve(recorder) as url:
        await send(Receiver("team", url, template=template))
    body = json.loads(recorder.got[0][1])
    assert body == {"summary": "New best of digits: 0.97 ${{nothing}}", "n": 3}


async def test_no_redirect_is_followed() -> None:
    inner = Recorder()
    async with serve(inner) as target:
        outer = Recorder(307, Location=f"{target}/inside")
        async with serve(outer) as url:
            answer = await send(Receiver("team", url))
    assert answer.outcome is Outcome.FAILED
    assert "redirect" in answer.describe()
    assert inner.got == []


async def test_a_receiver_that_hangs_or_floods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_sender, "_TIMEOUT", http_sender.aiohttp.ClientTimeout(total=0.5))

    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 1_000_000)
        return response

    async with serve(hang) as url:
        answer = await send(Receiver("team", url))
        assert (answer.status, answer.describe()) == (0, "no response within 0.5 s")
    async with serve(flood) as url:
        assert (await send(Receiver("team", url))).outcome is Outcome.DELIVERED


async def test_what_cannot_be_reached_is_said_without_the_url() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = await send(Receiver("team", f"http://127.0.0.1:{port}/s3cret"))
    assert answer.describe().startswith("cannot connect")
    unknown = await send(Receiver("team", "https://nowhere.invalid/s3cret"))
    assert unknown.describe() == "its name cannot be resolved"
    assert "s3cret" not in answer.describe() + unknown.describe()


async def test_a_private_authority(tmp_path: Path) -> None:
    authority = certificates.make(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    async with serve(Recorder(), context) as url:
        answer = await send(Receiver("team", url))
        assert "certificate" in answer.describe()
        (tmp_path / "ca.crt").write_text(authority)
        named = await send(Receiver("team", url, secrets=tmp_path))
        assert "certificate" in named.describe(), "it is for another name"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"],
)
async def test_a_url_of_a_sweep_reaches_no_address_that_is_not_public(host: str) -> None:
    recorder = Recorder()
    async with serve(recorder) as url:
        port = url.rpartition(":")[2]
        receiver = Receiver("x", f"http://{host}:{port}/", is_of_sweep=True)
        answer = await send(receiver)
        assert answer.outcome is Outcome.FAILED
        assert recorder.got == []
        if host in ("127.0.0.1", "localhost", "0x7f.1"):  # the client refuses the others itself
            assert "notifications.allowedNetworks" in answer.describe()
            assert (await send(receiver, LOOPBACK)).outcome is Outcome.DELIVERED


async def test_a_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere at the second look (DNS rebinding) gains nothing."""
    looks = 0

    def look_up(host: str, port: int, *_: object, **__: object) -> Any:
        nonlocal looks
        looks += 1
        address = "192.0.2.1" if looks > 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    recorder = Recorder()
    async with serve(recorder) as url:
        monkeypatch.setattr(http_sender.socket, "getaddrinfo", look_up)
        port = url.rpartition(":")[2]
        receiver = Receiver("x", f"http://hooks.example.com:{port}/", is_of_sweep=True)
        assert (await send(receiver, LOOPBACK)).outcome is Outcome.DELIVERED
    assert looks == 1


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0.0.0.0"),
        *("::", "fd00:ec2::254", "fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "224.0.0.1", "255.255.255.255", "168.63.129.16", "198.18.0.1"),
        *("ff02::1", "fec0::1", "not an address", "::7f00:1"),
    ],
)
def test_an_address_that_is_not_public(address: str) -> None:
    assert not is_permitted(address, ())
    assert is_permitted("93.184.216.34", ())
    assert is_permitted("2606:4700::1111", ())


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://hooks.example.com/sweeps", True),
        ("https://hooks.example.com/sweeps/a?b=c", True),
        ("https://hooks.example.com:443/sweeps", True),
        ("https://HOOKS.example.com/sweeps", True),
        ("https://hooks.example.com/sweepsx", False),
        ("https://hooks.example.com/", False),
        ("http://hooks.example.com/sweeps", False),
        ("https://hooks.example.com:8443/sweeps", False),
        ("https://hooks.example.com.evil.com/sweeps", False),
        ("https://hooks.example.com@evil.com/sweeps", False),
        ("https://evil.com/#https://hooks.example.com/sweeps", False),
        ("https://hooks.example.com/sweeps/../admin", False),
        ("https://hooks.example.com/sweeps/%2e%2e/admin", False),
        ("https://hooks.example.com/sweeps\\@evil.com", False),
        ("https://hooks.example.com/sweeps\n", False),
        ("https://xhooks.example.com/sweeps", False),
        ("https://a.hooks.example.org/b", True),
        ("https://hooks.example.org/b", False),
        ("https://evilhooks.example.org/b", False),
    ],
)
def test_the_allow_list(url: str, is_allowed: bool) -> None:
    allowed = ("https://hooks.example.com/sweeps/", "https://*.hooks.example.org")
    assert any(is_within(url, one) for one in allowed) is is_allowed


@pytest.mark.parametrize("url", ["", "https://", "https://a:0/", "https://a:99999/", "a" * 3000])
def test_what_is_no_url(url: str) -> None:
    assert url_problem(url)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0.0),
        ("17", 17.0),
        ("-1", 0.0),
        ("999999999", 3600.0),
        ("soon", 0.0),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2021 08:00:30 GMT", 0.0),
        ("Fri, 99 Jan 2027 08:00:30 GMT", 0.0),
    ],
)
def test_retry_after(header: str, seconds: float) -> None:
    assert retry_after_seconds(header, 1_800_000_000.0) == seconds


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "delivered"), (204, "delivered"), (302, "failed"), (401, "failed"), (404, "failed")]
    + [(429, "failed"), (500, "failed"), (0, "failed"), (400, "refused"), (410, "refused")],
)
def test_what_a_status_means(status: int, outcome: str) -> None:
    assert WebhookResponse(status).outcome.value == outcome


def test_the_values_of_the_chart() -> None:
    values = {
        "receivers": {"team": {"secret": "x", "events": ["failed"], "namespaces": ["a"]}},
        "allowedUrls": ["https://a.example.com/"],
        "allowedNetworks": ["10.0.0.0/8"],
        "retentionSeconds": 60,
    }
    found = NotificationSettings.parse(json.dumps(values), Path("/secrets"))
    assert found.receivers["team"].secrets == Path("/secrets/team")
    assert found.receivers["team"].events == {EventType.FAILED}
    assert found.retention == 60
    assert NotificationSettings.parse("", Path("/secrets")) == NotificationSettings()
