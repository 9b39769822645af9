"""The sidecar's life: listen, push, and leave with the trainer.

The MLflow client keeps its connection open until its interpreter shuts down. So when the trial's run
has been ended and no connection is left, the trainer is about to be gone, and waiting for the kubelet
to say so would cost the GPU two more seconds. What took long to load takes long to unload: the
shutdown took 7 to 9 percent of the time from the start to the first request, in one run on an idle
machine and one on a crowded one. If the trainer is not gone by then, the kubelet starts the sidecar
again: the journal is still there, and this time it stays.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from .journal import Journal
from .mlflow_api import MlflowApi
from .pusher import Pusher, wait_until
from .recorder import Recorder
from .server import MetricsServer
from .settings import Settings

_UNLOADING = 0.09  # share of the time to the first request that the trainer's shutdown takes
_QUIET = (0.1, 2.0)  # seconds without a connection that mean the trainer is gone, least and most
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
    started = time.monotonic()
    with recorder.changed:
        recorder.changed.wait_for(lambda: _is_gone(server, recorder))
        loading = (server.first_request or started) - started
        least, most = _QUIET
        quiet = min(max(least, _UNLOADING * loading), most)
        while not wait_until(recorder.changed, lambda: _is_gone(server, recorder), quiet):
            recorder.changed.wait_for(lambda: _is_gone(server, recorder))
    recorder.left()
    leaving.set()


def _is_gone(server: MetricsServer, recorder: Recorder) -> bool:
    return recorder.ended and server.connections == 0


if __name__ == "__main__":
    sys.exit(main())
