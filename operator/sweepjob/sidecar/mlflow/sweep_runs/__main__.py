"""Completes the runs of a sweep: the program of a Job that the operator creates at the sweep's end."""

from __future__ import annotations

import os
import sys
import time

from .... import protocol
from ....protocol.tracked_sweep import SweepEnd
from .client import CALL_ERRORS, ServerError
from .credentials import client_of
from .end import complete_sweep

_PAUSES = (1, 2, 4, 8, 15, 30, 60, 60, 60)  # seconds between tries
_REFUSED = (401, 403)


def main() -> int:
    """Complete the runs; return the exit code."""
    end = SweepEnd.parse(os.environ[protocol.ENV_SWEEP_END])
    client = client_of(os.environ)
    for pause in (*_PAUSES, None):
        try:
            print(complete_sweep(client, end), file=sys.stderr, flush=True)
            return 0
        except CALL_ERRORS as error:
            print(f"the runs of {end.sweep.name} are not complete: {error}", file=sys.stderr)
            refused = isinstance(error, ServerError) and error.status in _REFUSED
            if pause is None or refused:
                return 1
        sys.stderr.flush()
        time.sleep(pause)
    return 1


if __name__ == "__main__":
    sys.exit(main())
