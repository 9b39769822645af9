"""``sweepjob ui``: serves the dashboard on this machine, with the user's own permissions."""

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
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..api import names
from ..render.table import print_output
from .arguments import add_sweep, whole_number
from .errors import CommandError
from .kubectl import Kubectl
from .sources import SweepSource, open_source

if TYPE_CHECKING:
    from ..dashboard.annotations import TrialAnnotations
    from ..dashboard.trial_log import TrialLogs
    from ..kube.client import KubeClient

_HOST = "127.0.0.1"
# What the page reads of pods: which a trial has, and their logs.
_PODS_AND_LOGS = "^/api/v1/namespaces/[^/]+/pods$,^/api/v1/namespaces/[^/]+/pods/[^/]+/log$"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "ui",
        help="open the dashboard in a browser",
        description="Serve the dashboard from this machine until Ctrl-C. It reads through kubectl with "
        "your own permissions, changes nothing but tags and notes of trials, and sends no other "
        "requests. A folder such as .sweepjob/NAME, or .sweepjob for all in it, shows sweeps that ran on "
        "this machine.",
    )
    add_sweep(parser, nargs="?")
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="show sweeps of all namespaces"
    )
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=0,
        help="port on this machine (default: a free one)",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the URL")
    parser.add_argument(
        "--read-only", action="store_true", help="do not change tags and notes of trials either"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = open_source(args)
    if not isinstance(source, Kubectl):
        return _run_on_folder(source, name, args)
    cluster = source
    # Fails early: the cluster is unreachable, the sweep does not exist, or a permission is missing.
    sweep = cluster.sweep(args.name) if args.name else None
    namespace = None if args.all_namespaces else cluster.namespace()
    cluster.trials(args.name) if args.name else cluster.sweeps(all_namespaces=args.all_namespaces)
    opened = f"{namespace}/{args.name}/overview" if sweep and namespace else ""
    with (
        _kubectl_proxy(cluster, read_only=args.read_only) as socket,
        contextlib.suppress(KeyboardInterrupt),
    ):
        asyncio.run(_serve_cluster(socket, namespace, args, opened))
    return 0


def _run_on_folder(source: SweepSource, name: str | None, args: argparse.Namespace) -> int:
    """Serve the sweeps in folders of this machine."""
    from ..local.folder import NAMESPACE
    from .dashboard_logs import FolderLogs
    from .folder_sweeps import FolderSweeps
    from .folder_ui import FolderAnnotations, FolderApi

    assert isinstance(source, FolderSweeps)
    opened = f"{NAMESPACE}/{name}/overview" if name else ""
    args.name = name

    async def serve() -> None:
        api = FolderApi(source)
        following = asyncio.create_task(api.follow())
        try:
            parts = (FolderLogs(source), FolderAnnotations(source, api))
            await _serve(api.client, NAMESPACE, args, opened, *parts)
        finally:
            following.cancel()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
    return 0


@contextlib.contextmanager
def _kubectl_proxy(cluster: Kubectl, *, read_only: bool) -> Iterator[Path]:
    """Run ``kubectl proxy`` on a socket in a folder that only this user can enter.

    It creates, replaces and deletes nothing. The server behind it patches tags and notes only.
    """
    refused = ["POST", "PUT", "DELETE", *(["PATCH"] if read_only else [])]
    with tempfile.TemporaryDirectory(prefix="sweepjob-") as folder:
        socket = Path(folder) / "api"
        command = cluster.command(
            "proxy",
            f"--unix-socket={socket}",
            f"--accept-paths=^/apis/{names.GROUP}/,{_PODS_AND_LOGS}",
            f"--reject-methods=^({'|'.join(refused)})$",
        )
        # In a session of its own, so that Ctrl-C does not end it before this program has finished.
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()  # "Starting to serve on ..."
            if "serve" not in first_line:
                raise CommandError(f"kubectl proxy: {first_line.strip()}")
            yield socket
        finally:
            process.terminate()
            process.wait()


async def _serve_cluster(
    socket: Path, namespace: str | None, args: argparse.Namespace, opened: str
) -> None:
    from ..dashboard.annotations import ClusterAnnotations
    from ..dashboard.trial_log import ClusterLogs
    from ..kube.client import KubeClient
    from ..kube.connection import socket_transport

    api = KubeClient(socket_transport(str(socket)))
    await _serve(api, namespace, args, opened, ClusterLogs(api), ClusterAnnotations(api))


async def _serve(
    api: KubeClient,
    namespace: str | None,
    args: argparse.Namespace,
    opened: str,
    logs: TrialLogs,
    annotations: TrialAnnotations,
) -> None:
    from aiohttp import web

    from ..dashboard.feed_registry import FeedRegistry
    from ..dashboard.local_access import LocalAccess
    from ..dashboard.server import DashboardServer

    listener = _listen(args.port)
    feeds = FeedRegistry(api, [namespace])
    watching = asyncio.create_task(feeds.run())
    warming = asyncio.create_task(feeds.prefetch(namespace or "", args.name or ""))
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, watching.cancel)
    host = f"{_HOST}:{listener.getsockname()[1]}"
    key = secrets.token_urlsafe(24)
    server = DashboardServer(
        feeds,
        LocalAccess(key, host),
        logs=logs,
        annotations=None if args.read_only else annotations,
    )
    application = server.application()
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    url = f"http://{host}/?key={key}" + (f"&sweep={quote(opened)}" if opened else "")
    print_output(url)
    print_output("Ctrl-C ends it")
    sys.stdout.flush()
    if not args.no_browser:
        webbrowser.open(url)
    try:
        await watching
    except asyncio.CancelledError:
        warming.cancel()
        feeds.close()
        await runner.cleanup()
        await api.close()


def _listen(port: int) -> sockets.socket:
    try:
        return sockets.create_server((_HOST, port))
    except OSError as error:
        raise CommandError(
            f"port {port}: {os.strerror(error.errno or 0)}; choose another --port"
        ) from None
