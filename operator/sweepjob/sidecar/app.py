"""Runs the sidecar: listens or reads, pushes, and exits on SIGTERM or after the trainer."""

from __future__ import annotations

import signal
import socket
import sys
import threading

from .. import protocol
from . import early_exit
from .configuration import SidecarConfiguration
from .journal import Journal
from .metric_store import MetricStore
from .mlflow.api import MlflowApi
from .mlflow.database import Database
from .mlflow.forwarding import forwarding_handler
from .mlflow.handler import mlflow_handler
from .mlflow.report_selection import TrialRuns
from .mlflow.sweep_runs.client import TrackingClient
from .mlflow.sweep_runs.trial import TrialNesting
from .mlflow.upstream import Upstream
from .other_metrics import OtherMetrics
from .pusher import Pusher
from .server import Handler, LocalServer
from .sources.follower import Follower
from .sources.json_lines import JsonLines
from .sources.open_file_watch import InotifyUnavailable, OpenFiles
from .sources.pushgateway import PushGateway, pushgateway_handler
from .sources.tensorboard.event_files import EventFiles
from .sources.wandb.run_files import WandbRuns
from .termination_message import TerminationMessage

_READERS: dict[str, type[JsonLines | EventFiles | WandbRuns]] = {
    protocol.FILE: JsonLines,
    protocol.TENSORBOARD: EventFiles,
    protocol.WANDB: WandbRuns,
}
_UNCOUNTED = "which do not count: only rank 0 reports for the trial"
_FINAL_PUSH = 1.0  # seconds; the termination message has what is not pushed by then
_FINAL_RUNS = 3.0  # seconds; the Job at the sweep's end completes what is missing by then


def run_sidecar(
    configuration: SidecarConfiguration, listener: socket.socket | None, shutdown: threading.Event
) -> None:
    """Run until ``shutdown`` is set; then push the rest and write the termination message.

    In a trial with several pods, only rank 0 pushes. The other pods answer their scripts in the same way.

    Args:
        configuration: the sidecar's configuration.
        listener: the open port of a source that listens; None for a source that is read.
        shutdown: set by a signal, or by the early exit.
    """
    journal, metric = configuration.journal, configuration.metric
    others = OtherMetrics(
        journal.with_name("other-metrics.json"), configuration.other_metrics, metric
    )
    store = MetricStore(
        Journal(journal), metric, configuration.trial, others, configuration.result_metrics
    )
    termination_message = TerminationMessage(configuration.termination_log, store)
    if configuration.rank == 0:
        termination_message.start()
    follower, nesting = None, None
    if listener is None:
        follower = _follow(configuration, store, shutdown)
    else:
        handler, nesting = _handler(configuration, store)
        server = LocalServer(listener, handler, store.changed)
        server.start()
        if configuration.source == protocol.MLFLOW and not configuration.run_until_signal:
            early_exit.exit_with_trainer(
                early_exit.ConnectionActivity(server, store), store, shutdown
            )
    if configuration.rank > 0:
        _wait(shutdown)
        _complete_runs(nesting, stopped=False)
        print(f"{store.count} reports of rank {configuration.rank}, {_UNCOUNTED}", file=sys.stderr)
        return
    pusher = Pusher(configuration, store)
    pusher.start()
    _wait(shutdown)
    if follower is not None:
        follower.finish()
    pusher.finish(_FINAL_PUSH)
    store.save()
    termination_message.write()
    _complete_runs(nesting, stopped=pusher.has_stopped)
    print(f"{store.count} reports of {configuration.metric}", file=sys.stderr)


def _complete_runs(nesting: TrialNesting | None, *, stopped: bool) -> None:
    """Complete the runs on the user's own server, which may not answer."""
    if nesting is not None:
        finish = threading.Thread(target=lambda: nesting.finish(stopped=stopped), daemon=True)
        finish.start()
        finish.join(_FINAL_RUNS)


def _wait(shutdown: threading.Event) -> None:
    while not shutdown.wait(3600):
        pass


def _follow(
    configuration: SidecarConfiguration, store: MetricStore, shutdown: threading.Event
) -> Follower:
    reader = _READERS[configuration.source](configuration.path, store)
    follower = Follower(reader.read, store)
    follower.start()
    if configuration.run_until_signal:
        return follower
    path, source = configuration.path, configuration.source
    folder = path.parent if source == protocol.FILE else path
    # If the trainer creates the folder later, the watch on its parent reports it.
    existing = next((f for f in (folder, *folder.parents) if f.is_dir()), folder)
    try:
        files = OpenFiles(existing, store.changed)
    except InotifyUnavailable as error:
        print(f"the sidecar stays until SIGTERM: {error.strerror}", file=sys.stderr, flush=True)
        return follower
    files.start()
    early_exit.exit_with_trainer(early_exit.FileActivity(files), store, shutdown)
    return follower


def _handler(
    configuration: SidecarConfiguration, store: MetricStore
) -> tuple[type[Handler], TrialNesting | None]:
    if configuration.source == protocol.PUSHGATEWAY:
        return pushgateway_handler(PushGateway(store)), None
    database = Database(configuration.journal.with_name("mlflow.sqlite"))
    if configuration.forward_to:
        upstream = Upstream(configuration.forward_to, insecure=configuration.forward_insecure)
        nesting = _nesting(configuration, upstream, database)
        runs = TrialRuns(database, store, ())
        return forwarding_handler(upstream, database, runs, nesting), nesting
    run_ids = tuple(filter(None, (configuration.run_id, configuration.trial)))
    runs = TrialRuns(database, store, run_ids)
    return mlflow_handler(MlflowApi(database, runs, configuration.artifacts)), None


def _nesting(
    configuration: SidecarConfiguration, upstream: Upstream, database: Database
) -> TrialNesting | None:
    if configuration.sweep is None or configuration.trial_run is None:
        return None
    client = TrackingClient(upstream, configuration.credentials)
    return TrialNesting(
        client, database, configuration.sweep, configuration.trial_run, configuration.rank
    )


def set_on_signals(shutdown: threading.Event) -> None:
    """Set an event on SIGTERM and SIGINT."""
    signal.signal(signal.SIGTERM, lambda *_: shutdown.set())
    signal.signal(signal.SIGINT, lambda *_: shutdown.set())
    # It is blocked until here; one that came while modules were loaded is handled now.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
