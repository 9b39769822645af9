"""The postStart hook: returns once the sidecar's port is open; the trainer starts after that."""

from __future__ import annotations

import socket
import sys
import time

_TIMEOUT = 20.0  # seconds


def main() -> int:
    """Wait for the port in the first argument; return the exit code."""
    port = int(sys.argv[1])
    deadline = time.monotonic() + _TIMEOUT
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
