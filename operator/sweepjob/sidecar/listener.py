"""Opens the port for the trainer.

This comes before anything else: connections wait in the kernel while the sidecar loads its other modules.
"""

from __future__ import annotations

import socket

_BACKLOG = 64


def listen(port: int) -> socket.socket:
    """Return a listening socket on localhost; port 0 stands for any free port."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(_BACKLOG)
    return opened
