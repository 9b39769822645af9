"""The operator's process.

When one of its tasks ends, the process ends; Kubernetes restarts it, and reconciliation resumes from the
persisted state.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys

import uvloop

from .. import garbage_collection
from ..early_stopping.policies.registry import POLICIES
from ..kube.connection import connect
from ..kube.rate_limiter import CONCURRENT_REQUESTS, RequestRateLimiter
from ..log_parsing.number_syntax import compile_expressions
from ..search.samplers.registry import SAMPLERS
from ..settings import OperatorSettings
from ..telemetry import log_format
from .operator_process import OperatorProcess

_log = logging.getLogger("sweepjob")
# Seconds after which a thread that computes lets others run. The event loop waits for so long whenever it
# wakes up beside one that parses a spec or proposes; with Python's own 5 ms it woke up a third as often.
_SWITCH_INTERVAL = 0.001


async def run(settings: OperatorSettings) -> None:
    """Run the operator until one of its parts ends.

    Args:
        settings: the settings from the process's environment.
    """
    compile_expressions()
    rate = settings.requests_per_second
    api = await connect(
        strict_tls=settings.strict_tls,
        rate_limiter=RequestRateLimiter(rate, int(2 * rate), CONCURRENT_REQUESTS),
    )
    process = OperatorProcess(api, settings)
    tasks = [asyncio.create_task(part, name=name) for name, part in process.parts().items()]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    await process.release_leadership()
    await api.close()
    for task in done:
        _log.info("%s ended; the process ends", task.get_name())
        task.result()


def main() -> int:
    """Run the process; return its exit code."""
    # Imported before the event loop runs: the rankings of policies need it, and importing it with the
    # first sweep would hold the loop.
    import numpy  # noqa: F401 - imported for its side effect, the load

    log_format.configure(os.environ)
    for failure in (*POLICIES.failures, *SAMPLERS.failures):
        _log.error("%s; sweeps that ask for it are not accepted", failure)
    garbage_collection.collect_among_new_objects_only()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    # uvloop's TLS is compiled. In Python, TLS is most of the cost of a request and of a watch event.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(OperatorSettings.of(os.environ)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
