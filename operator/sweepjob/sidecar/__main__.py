"""The sidecar. The trainer starts when the port is open, so that comes first, and loading the rest
second.
"""

from __future__ import annotations

import os
import sys

from .. import protocol
from .listener import listen


def main() -> int:
    port = protocol.told(os.environ).get(protocol.SOURCE_PORT)
    listener = listen(int(port)) if port else None

    import threading

    from .app import leave_on_signals, live
    from .configuration import Settings

    leaving = threading.Event()
    leave_on_signals(leaving)
    live(Settings.of(os.environ), listener, leaving)
    return 0


if __name__ == "__main__":
    sys.exit(main())
