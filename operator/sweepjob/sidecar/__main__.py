"""The sidecar's entry point.

The trainer starts once the port is open, so the port is opened before the other modules are loaded.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    """Run the sidecar; return its exit code."""
    # The first process of a container loses a signal that it has no handler for, and the kubelet then
    # waits for the whole grace period and kills it. A blocked one is kept until ``set_on_signals``.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    from .. import protocol
    from .listener import listen

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
