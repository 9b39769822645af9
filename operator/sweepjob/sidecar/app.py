"""The sidecar's life: listen or read, push, and go when it is told to or when the trainer is gone."""

from __future__ import annotations

import signal
import socket
import sys
import threading

from .. import protocol
from . import early_exit
from .configuration import Settings
from .journal import Journal
from .metric_store import MetricStore
from .mlflow.api import MlflowApi
from .mlflow.database import Database
from .mlflow.forwarding import forwarding
from .mlflow.handler import answering
from .mlflow.trial_runs import TrialRuns
from .mlflow.upstream import Upstream
from .pusher import Pusher
from .server import Handler, LocalServer
from .sources.growing_files import Follower
from .sources.json_lines import JsonLines
from .sources.open_files import InotifyUnavailable, OpenFiles
from .sources.pushgateway import PushGateway, taking
from .sources.tensorboard import EventFiles
from .termination_message import TerminationMessage

_LAST_PUSH = 1.0  # seconds for the last push; the termination message holds the rest


def live(settings: Settings, listener: socket.socket | None, leaving: threading.Event) -> None:
    """From the first report to the last words.

    Args:
        listener: of a source that listens.
        leaving: is set when it is time to go.
    """
    recorder = MetricStore(Journal(settings.journal), settings.metric, settings.trial)
    words = TerminationMessage(settings.termination_log, recorder)
    words.start()
    follower = None
    if listener is None:
        follower = _follow(settings, recorder, leaving)
    else:
        server = LocalServer(listener, _handler(settings, recorder), recorder.changed)
        server.start()
        if settings.source == protocol.MLFLOW and not settings.stay:
            early_exit.watch(early_exit.Connections(server, recorder), recorder, leaving)
    pusher = Pusher(settings, recorder)
    pusher.start()
    while not leaving.wait(3600):
        pass
    if follower is not None:
        follower.finish()
    pusher.finish(_LAST_PUSH)
    words.write()
    print(f"{recorder.count} reports of {settings.metric}", file=sys.stderr)


def _follow(settings: Settings, recorder: MetricStore, leaving: threading.Event) -> Follower:
    tensorboard = settings.source == protocol.TENSORBOARD
    reader = (EventFiles if tensorboard else JsonLines)(settings.path, recorder)
    follower = Follower(reader.read, recorder)
    follower.start()
    if settings.stay:
        return follower
    folder = settings.path if tensorboard else settings.path.parent
    # The trainer may make it later; then it is seen from the one above.
    existing = next((f for f in (folder, *folder.parents) if f.is_dir()), folder)
    try:
        files = OpenFiles(existing, recorder.changed)
    except InotifyUnavailable as error:
        print(f"the sidecar stays until SIGTERM: {error.strerror}", file=sys.stderr, flush=True)
        return follower
    files.start()
    early_exit.watch(early_exit.Files(files), recorder, leaving)
    return follower


def _handler(settings: Settings, recorder: MetricStore) -> type[Handler]:
    if settings.source == protocol.PUSHGATEWAY:
        return taking(PushGateway(recorder))
    database = Database(settings.journal.with_name("mlflow.sqlite"))
    if settings.forward_to:
        upstream = Upstream(settings.forward_to, insecure=settings.forward_insecure)
        return forwarding(upstream, database, TrialRuns(database, recorder, ()))
    given = tuple(filter(None, (settings.run_id, settings.trial)))
    return answering(MlflowApi(database, TrialRuns(database, recorder, given), settings.artifacts))


def leave_on_signals(leaving: threading.Event) -> None:
    """Be ready to be told to go, before anything takes long."""
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    signal.signal(signal.SIGINT, lambda *_: leaving.set())
    # Blocked until now where whoever started this may be that quick.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
