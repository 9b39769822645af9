"""The postStart hook: returns when the sidecar's port is open, so that the trainer starts no earlier."""

from __future__ import annotations

import socket
import sys
import time

_PATIENCE = 20.0  # seconds


def main() -> int:
    port = int(sys.argv[1])
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return 0
        except OSError:
            time.sleep(0.01)
    print(f"nothing listens on port {port}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
