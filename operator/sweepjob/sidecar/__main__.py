"""The sidecar's life: listen, push, and leave with the trainer.

The MLflow client keeps its connection open until its process ends. So when the trial's run has been
ended and no connection is left, the trainer is gone, and waiting for the kubelet to say so would
cost the GPU two more seconds. If it was not gone after all, the kubelet starts the sidecar again:
the journal is still there, and this time it stays.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from .journal import Journal
from .mlflow_api import MlflowApi
from .pusher import Pusher, wait_until
from .recorder import Recorder
from .server import MetricsServer
from .settings import Settings

_QUIET = 0.1  # seconds without a connection that mean the trainer is gone
_LAST_PUSH = 1.0  # seconds for the last push; the termination message holds the rest


def main() -> int:
    settings = Settings.of(os.environ)
    recorder = Recorder(Journal(settings.journal), settings.metric, settings.trial)
    leaving = threading.Event()
    server = MetricsServer(settings.port, MlflowApi(recorder, settings.artifacts), recorder.changed)
    threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
    pusher = Pusher(settings, recorder)
    pusher.start()
    threading.Thread(
        target=_watch_for_departure, args=(server, recorder, leaving), daemon=True
    ).start()
    signal.signal(signal.SIGTERM, lambda *_: leaving.set())
    signal.signal(signal.SIGINT, lambda *_: leaving.set())
    while not leaving.wait(3600):
        pass
    pusher.finish(_LAST_PUSH)
    summary = recorder.summary()
    settings.termination_log.write_text(summary.dump())
    print(f"{summary.count} reports of {settings.metric}", file=sys.stderr)
    return 0


def _watch_for_departure(
    server: MetricsServer, recorder: Recorder, leaving: threading.Event
) -> None:
    if not recorder.may_leave:
        return
    with recorder.changed:
        while True:
            if wait_until(recorder.changed, lambda: _is_gone(server, recorder), _QUIET):
                break
            recorder.changed.wait()
    recorder.left()
    leaving.set()


def _is_gone(server: MetricsServer, recorder: Recorder) -> bool:
    return recorder.ended and server.connections == 0


if __name__ == "__main__":
    sys.exit(main())
