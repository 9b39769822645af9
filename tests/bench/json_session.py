"""Serves requests on standard input, a JSON object per line, and answers on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def serve(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Answer until ``close`` or the end of the input; an error is an answer, too.

    Each reply has ``ms``, the wall time, and ``cpu_ms``.
    """
    for line in sys.stdin:
        if not line.strip():
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        closing = False
        try:
            request = json.loads(line)
            closing = request.get("op") == "close"
            reply = answer(request)
        except Exception as error:  # noqa: BLE001 - any failure is an answer
            reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        reply["ms"] = round((time.perf_counter() - wall) * 1e3, 3)
        reply["cpu_ms"] = round((time.process_time() - cpu) * 1e3, 3)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
        if closing:
            break
    return 0
