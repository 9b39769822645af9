"""A receiver of pushes in place of the operator."""

from __future__ import annotations

import http.server
import json
import threading
from typing import Any

from sweepjob import protocol

from tests.waiting import wait_until


class Operator:
    """Answers pushes as the operator does.

    Attributes:
        pushes: those that were answered with 200.
        statuses: the next answers' statuses; 200 afterwards.
        action: what the sidecar is to do.
    """

    def __init__(self) -> None:
        self.pushes: list[protocol.Push] = []
        self.statuses: list[int] = []
        self.action = protocol.CONTINUE
        operator = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._send(*operator.answer(body))

            def _send(self, status: int, answer: dict[str, Any]) -> None:
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
        assert len(body) <= protocol.MAX_BODY
        status = self.statuses.pop(0) if self.statuses else 200
        if status != 200:
            return status, {}
        self.pushes.append(protocol.Push.parse(body))
        known = max(p.first - 1 + len(p.values) for p in self.pushes)
        return 200, protocol.Reply(known + 1, known, self.action).dump()

    def curves(self) -> list[list[tuple[str, int]]]:
        """Return names and numbers of reports in the pushes that have curves."""
        return [[(c.name, c.count) for c in p.curves] for p in self.pushes if p.curves]

    def wait(self, condition: Any) -> None:
        wait_until(condition, "no such push")
