"""The operator's process. Every long-lived task is supervised: if one ends, the process ends, and
Kubernetes starts it again from what is on record.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys

import uvloop

from ..kube.client import connect
from ..kube.rate_limiter import RequestRateLimiter
from ..pod_logs.number_syntax import compile_expressions
from ..settings import Settings
from ..telemetry import log_format as logs
from .build import Operator

_log = logging.getLogger("sweepjob")
# Objects made before Python looks for cycles among them. At its own 700 that is half of the time that
# it takes to read 10,000 trials, whose records are no cycles.
_GARBAGE = 20_000


async def run(settings: Settings) -> None:
    compile_expressions()
    rate = settings.requests_per_second
    api = await connect(
        strict_tls=settings.strict_tls, pace=RequestRateLimiter(rate, int(2 * rate))
    )
    operator = Operator(api, settings)
    tasks = [asyncio.create_task(part, name=name) for name, part in operator.parts().items()]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    if operator.leadership is not None:
        await operator.leadership.give_back()
    await api.close()
    for task in done:
        _log.info("%s ended; the process ends", task.get_name())
        task.result()


def main() -> int:
    # Loaded before the event loop runs, which would wait for it with the first sweep that has trials.
    import numpy  # noqa: F401 - by the standings of policies

    logs.configure(os.environ)
    gc.set_threshold(_GARBAGE)
    # Its TLS is compiled; in Python it is most of what a request and a watch event cost.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(Settings.of(os.environ)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
