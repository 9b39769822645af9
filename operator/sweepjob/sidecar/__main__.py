"""The sidecar's entry point.

The trainer starts once the port is open, so the port is opened before the other modules are loaded.
"""

from __future__ import annotations

import os
import sys

from .. import protocol
from .listener import listen


def main() -> int:
    """Run the sidecar; return its exit code."""
    port = protocol.parse_settings(os.environ).get(protocol.SOURCE_PORT)
    listener = listen(int(port)) if port else None

    import threading

    from .app import run_sidecar, set_on_signals
    from .configuration import SidecarConfiguration

    shutdown = threading.Event()
    set_on_signals(shutdown)
    run_sidecar(SidecarConfiguration.from_environment(os.environ), listener, shutdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
