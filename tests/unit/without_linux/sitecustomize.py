"""Takes from a Python on Linux what macOS's has not. With its folder on PYTHONPATH it runs at the start."""

import ctypes
import os
import select
import signal

for module, names in {
    os: ("eventfd", "memfd_create", "pidfd_open", "sched_getaffinity", "splice", "posix_fadvise"),
    select: ("epoll", "EPOLLIN"),
    signal: ("pidfd_send_signal", "sigtimedwait", "sigwaitinfo"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)


class _Library(ctypes.CDLL):
    def __getattr__(self, name: str) -> object:
        if name.startswith("inotify_"):
            raise AttributeError(name)
        return super().__getattr__(name)


ctypes.CDLL = _Library  # type: ignore[misc]  # for all that look it up there
