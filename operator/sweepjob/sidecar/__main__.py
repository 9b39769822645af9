"""The sidecar's life: listen or read, push, and go when it is told to or when the trainer is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading

from .. import wire
from . import departure
from .journal import Journal
from .mlflow.api import MlflowApi
from .mlflow.forwarding import Upstream, forwarding
from .mlflow.handler import answering
from .pusher import Pusher
from .recorder import Recorder
from .server import LocalServer
from .settings import Settings
from .sources.following import Follower
from .sources.json_lines import JsonLines
from .sources.pushgateway import PushGateway, taking
from .sources.tensorboard import EventFiles

_LAST_PUSH = 1.0  # seconds for the last push; the termination message holds the rest


def main() -> int:
    settings = Settings.of(os.environ)
    recorder = Recorder(
        Journal(settings.journal),
        settings.metric,
        settings.trial,
        foreign=bool(settings.forward_to),
    )
    leaving = threading.Event()
    follower = _listen(settings, recorder, leaving)
    pusher = Pusher(settings, recorder)
    pusher.start()
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    signal.signal(signal.SIGINT, lambda *_: leaving.set())
    while not leaving.wait(3600):
        pass
    if follower is not None:
        follower.finish()
    pusher.finish(_LAST_PUSH)
    summary = recorder.summary()
    settings.termination_log.write_text(summary.dump())
    print(f"{summary.count} reports of {settings.metric}", file=sys.stderr)
    return 0


def _listen(settings: Settings, recorder: Recorder, leaving: threading.Event) -> Follower | None:
    """Start to take in reports from the source; returns what reads files, for the last look."""
    if settings.source in (wire.FILE, wire.TENSORBOARD):
        reader = EventFiles if settings.source == wire.TENSORBOARD else JsonLines
        follower = Follower(reader(settings.path, recorder).read)
        follower.start()
        return follower
    if settings.source == wire.PUSHGATEWAY:
        handler = taking(PushGateway(recorder))
    elif settings.forward_to:
        upstream = Upstream(settings.forward_to, insecure=settings.forward_insecure)
        handler = forwarding(upstream, recorder)
    else:
        handler = answering(MlflowApi(recorder, settings.artifacts))
    server = LocalServer(settings.port, handler, recorder.changed)
    server.start()
    if settings.source == wire.MLFLOW:
        departure.watch(server, recorder, leaving)
    return None


if __name__ == "__main__":
    sys.exit(main())
