"""``sweepjob ui``: the page of the sweeps, with the rights of whoever opens it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from ..api import names
from ..loading.errors import Unusable
from ..render.table import say
from .arguments import add_sweep
from .kubectl import Kubectl

if TYPE_CHECKING:
    from kubernetes.aio.client.api_client import ApiClient

_HOST = "127.0.0.1"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "ui",
        help="open a live page of the sweeps in a browser",
        description="Serve the page from this machine until Ctrl-C. It reads with your own rights, by "
        "way of kubectl, writes nothing, and asks no one else for anything.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument("-A", "--all-namespaces", action="store_true")
    parser.add_argument(
        "--port", type=int, default=0, help="of this machine; a free one by default"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    cluster = Kubectl.of(args)
    # Says at once what is wrong: no cluster, no such sweep, no right to look.
    sweep = cluster.sweep(args.name) if args.name else None
    namespace = None if args.all_namespaces else cluster.namespace()
    cluster.trials(args.name) if args.name else cluster.sweeps(everywhere=args.all_namespaces)
    opened = f"{namespace}/{args.name}/overview" if sweep and namespace else ""
    with _reading(cluster) as socket, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(socket, namespace, args, opened))
    return 0


@contextlib.contextmanager
def _reading(cluster: Kubectl) -> Iterator[Path]:
    """The API server's sweeps and trials behind a socket in a folder that no one else can enter. Only
    reading gets through.
    """
    with tempfile.TemporaryDirectory(prefix="sweepjob-") as folder:
        socket = Path(folder) / "api"
        command = cluster.command(
            "proxy",
            f"--unix-socket={socket}",
            f"--accept-paths=^/apis/{names.GROUP}/",
            "--reject-methods=^(POST|PUT|PATCH|DELETE)$",
        )
        # In a session of its own: Ctrl-C is for us, and kubectl has to stay until we have let go of it.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            said = process.stdout.readline()  # "Starting to serve on ..."
            if "serve" not in said:
                raise Unusable(f"kubectl proxy: {said.strip()}")
            yield socket
        finally:
            process.terminate()
            process.wait()


async def _serve(
    socket: Path, namespace: str | None, args: argparse.Namespace, opened: str
) -> None:
    from aiohttp import web

    from ..dashboard.feed_registry import FeedRegistry
    from ..dashboard.kubectl_proxy import KubectlProxyClient
    from ..dashboard.local_access import LocalAccess
    from ..dashboard.server import DashboardServer
    from ..kube.client import KubeClient

    listener = _listen(args.port)
    client = KubectlProxyClient(str(socket))
    feeds = FeedRegistry(KubeClient(cast("ApiClient", client)), [namespace])
    watching = asyncio.create_task(feeds.run())
    warming = asyncio.create_task(feeds.prefetch(namespace or "", args.name or ""))
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, watching.cancel)
    host = f"{_HOST}:{listener.getsockname()[1]}"
    key = secrets.token_urlsafe(24)
    application = DashboardServer(feeds, LocalAccess(key, host)).application()
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    url = f"http://{host}/?key={key}" + (f"&sweep={quote(opened)}" if opened else "")
    say(url)
    say("Ctrl-C ends it")
    sys.stdout.flush()
    if not args.no_browser:
        webbrowser.open(url)
    try:
        await watching
    except asyncio.CancelledError:
        warming.cancel()
        feeds.close()
        await runner.cleanup()
        await client.close()


def _listen(port: int) -> sockets.socket:
    try:
        return sockets.create_server((_HOST, port))
    except OSError as error:
        raise Unusable(
            f"port {port}: {os.strerror(error.errno or 0)}; choose another --port"
        ) from None
