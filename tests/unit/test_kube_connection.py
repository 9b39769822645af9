"""The login of the client: what a pod or a kubeconfig has is what the API server gets."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.config import ConfigException
from sweepjob.kube import connection, errors
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect, socket_transport
from sweepjob.kube.resources import PODS
from sweepjob.kube.service_account import NoServiceAccount, ServiceAccount

from tests.cluster import certificates

POD = {"metadata": {"name": "p"}}


class RecordingServer:
    """A fake API server: answers everything with a pod, and records how it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []

    @property
    def authorizations(self) -> list[str | None]:
        return [request.headers.get("Authorization") for request in self.requests]

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        return web.json_response(POD)

    @asynccontextmanager
    async def serve(
        self, site: Callable[[web.AppRunner], Awaitable[web.BaseSite]] | None = None, **options: Any
    ) -> AsyncIterator[web.AppRunner]:
        application = web.Application()
        application.router.add_route("*", "/{any:.*}", self._answer)
        runner = web.AppRunner(application)
        await runner.setup()
        made = (
            web.TCPSite(runner, "127.0.0.1", 0, **options) if site is None else await site(runner)
        )
        await made.start()
        try:
            yield runner
        finally:
            await runner.cleanup()


def url(runner: web.AppRunner, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"


def kubeconfig(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> str:
    path = folder / "kubeconfig"
    content = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": user}],
        "current-context": "c",
    }
    path.write_text(json.dumps(content))
    return str(path)


async def ask(config: str | None, times: int = 1, **options: bool) -> None:
    api = await connect(**{"strict_tls": True, **options}, kubeconfig=config)
    try:
        for _ in range(times):
            assert await api.get(PODS, "n", "p") == POD
    finally:
        await api.close()


async def test_a_token_of_a_kubeconfig(tmp_path: Path) -> None:
    server = RecordingServer()
    async with server.serve() as runner:
        await ask(kubeconfig(tmp_path, {"server": url(runner)}, {"token": "secret"}))
    assert server.authorizations == ["Bearer secret"]


async def test_no_login(tmp_path: Path) -> None:
    server = RecordingServer()
    async with server.serve() as runner:
        await ask(kubeconfig(tmp_path, {"server": url(runner)}, {}))
    assert server.authorizations == [None]


async def test_the_token_of_an_exec_plugin(tmp_path: Path) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "made"},
    }
    plugin = {
        "apiVersion": credential["apiVersion"],
        "command": sys.executable,
        "args": ["-c", f"print({json.dumps(json.dumps(credential))})"],
        "interactiveMode": "Never",
    }
    server = RecordingServer()
    async with server.serve() as runner:
        await ask(kubeconfig(tmp_path, {"server": url(runner)}, {"exec": plugin}))
    assert server.authorizations == ["Bearer made"]


async def test_a_proxy_of_a_kubeconfig(tmp_path: Path) -> None:
    """An HTTP proxy is asked with the whole URL; it answers in the server's place here."""
    server = RecordingServer()
    async with server.serve() as runner:
        cluster = {"server": "http://api.invalid:6443", "proxy-url": url(runner)}
        await ask(kubeconfig(tmp_path, cluster, {"token": "secret"}))
    assert [request.headers["Host"] for request in server.requests] == ["api.invalid:6443"]


async def test_a_proxy_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = RecordingServer()
    async with server.serve() as runner:
        monkeypatch.setenv("HTTP_PROXY", url(runner))
        monkeypatch.setenv("http_proxy", url(runner))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        await ask(kubeconfig(tmp_path, {"server": "http://api.invalid:6443"}, {}))
    assert [request.headers["Host"] for request in server.requests] == ["api.invalid:6443"]


async def test_a_socket_of_kubectl_proxy(tmp_path: Path) -> None:
    server, path = RecordingServer(), str(tmp_path / "api")

    async def site(runner: web.AppRunner) -> web.BaseSite:
        return web.UnixSite(runner, path)

    async with server.serve(site):
        api = KubeClient(socket_transport(path))
        assert await api.get(PODS, "n", "p") == POD
        await api.close()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    identities = [
        certificates.Identity("server", "server", hosts=("127.0.0.1", "other.example")),
        certificates.Identity("client", "someone", "system:masters"),
    ]
    certificates.issue(folder, identities)
    return folder


@pytest.fixture
def tls(pki: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "server.crt", pki / "server.key")
    return context


async def test_a_client_certificate(pki: Path, tls: ssl.SSLContext, tmp_path: Path) -> None:
    tls.verify_mode = ssl.CERT_REQUIRED
    user = {"client-certificate": str(pki / "client.crt"), "client-key": str(pki / "client.key")}
    server = RecordingServer()
    async with server.serve(ssl_context=tls) as runner:
        cluster = {"server": url(runner, "https"), "certificate-authority": str(pki / "ca.crt")}
        await ask(kubeconfig(tmp_path, cluster, user))
        with pytest.raises(errors.Unavailable):
            await ask(kubeconfig(tmp_path, cluster, {}))
    assert len(server.requests) == 1


async def test_an_untrusted_server(pki: Path, tls: ssl.SSLContext, tmp_path: Path) -> None:
    server = RecordingServer()
    async with server.serve(ssl_context=tls) as runner:
        cluster: dict[str, Any] = {"server": url(runner, "https")}
        with pytest.raises(errors.Unavailable, match="SWEEPJOB_STRICT_TLS"):
            await ask(kubeconfig(tmp_path, cluster, {}))
        await ask(kubeconfig(tmp_path, {**cluster, "insecure-skip-tls-verify": True}, {}))
    assert len(server.requests) == 1


async def test_another_name_of_the_server(pki: Path, tls: ssl.SSLContext, tmp_path: Path) -> None:
    server = RecordingServer()
    async with server.serve(ssl_context=tls) as runner:
        cluster = {
            "server": f"https://localhost:{runner.addresses[0][1]}",
            "certificate-authority": str(pki / "ca.crt"),
        }
        with pytest.raises(errors.Unavailable):
            await ask(kubeconfig(tmp_path, cluster, {}))
        await ask(kubeconfig(tmp_path, {**cluster, "tls-server-name": "other.example"}, {}))


class PodOfServer:
    """A fake: the folder and the variables that a kubelet gives a pod of a cluster with that server."""

    def __init__(self, runner: web.AppRunner, pki: Path, folder: Path) -> None:
        self.token = folder / "token"
        self.token.write_text("first")
        (folder / "ca.crt").write_bytes((pki / "ca.crt").read_bytes())
        port = str(runner.addresses[0][1])
        self.variables = {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": port,
        }
        self.now = 0.0

    def account(self) -> ServiceAccount:
        return ServiceAccount(self.variables, self.token.parent, lambda: self.now)


@pytest.fixture
async def pod(
    pki: Path, tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[PodOfServer, RecordingServer]]:
    """A pod with a service account, and the API server of its cluster."""
    server = RecordingServer()
    async with server.serve(ssl_context=tls) as runner:
        made = PodOfServer(runner, pki, tmp_path)
        monkeypatch.setattr(connection, "ServiceAccount", made.account)
        yield made, server


async def test_the_token_of_a_service_account_is_read_again(
    pod: tuple[PodOfServer, RecordingServer],
) -> None:
    """The kubelet rotates it."""
    account, server = pod
    api = await connect(strict_tls=True)
    await api.get(PODS, "n", "p")
    account.token.write_text("second")
    await api.get(PODS, "n", "p")
    account.now += 61
    await api.get(PODS, "n", "p")
    await api.close()
    assert server.authorizations == ["Bearer first", "Bearer first", "Bearer second"]


async def test_a_token_that_cannot_be_read_again_stays(
    pod: tuple[PodOfServer, RecordingServer], caplog: pytest.LogCaptureFixture
) -> None:
    account, server = pod
    api = await connect(strict_tls=True)
    account.token.unlink()
    account.now += 61
    await api.get(PODS, "n", "p")
    account.token.write_text("second")
    account.now += 61
    await api.get(PODS, "n", "p")
    await api.close()
    assert server.authorizations == ["Bearer first", "Bearer second"]
    assert [message.partition("token ")[2] for message in caplog.messages] == [
        "cannot be read: No such file or directory; requests have the token that was there before"
    ]


async def test_a_pod_without_an_account_reads_the_kubeconfig(
    pod: tuple[PodOfServer, RecordingServer], tmp_path: Path
) -> None:
    account, server = pod
    account.token.write_text("\n")
    with pytest.raises(ConfigException, match=r"no service account: .*/token is empty"):
        await connect(strict_tls=True, kubeconfig=str(tmp_path / "absent"))
    async with RecordingServer().serve() as runner:
        await ask(kubeconfig(tmp_path, {"server": url(runner)}, {"token": "secret"}))
    assert server.requests == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")],
)
def test_the_url_of_a_service_account(host: str, expected: str, tmp_path: Path) -> None:
    for name in ("token", "ca.crt"):
        (tmp_path / name).write_text("x")
    variables = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}
    assert ServiceAccount(variables, tmp_path).url == expected


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"KUBERNETES_SERVICE_HOST": "h"},
        {"KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": ""},
    ],
)
def test_without_its_variables_there_is_no_service_account(variables: dict[str, str]) -> None:
    with pytest.raises(NoServiceAccount, match="the variable KUBERNETES_SERVICE_"):
        ServiceAccount(variables)
