"""The port that the trainer talks to, open before anything else: a connection that comes while the rest
of the sidecar is still loading waits in the kernel.
"""

from __future__ import annotations

import socket

_BACKLOG = 64


def listen(port: int) -> socket.socket:
    """A socket on localhost that takes connections; port 0 is any that is free."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(_BACKLOG)
    return opened
