"""Threads that call plug-ins, with a deadline for each call.

Python cannot end a thread that does not return. Such a thread is abandoned: the next call gets a fresh
one, and the process exits without waiting for it. ``ThreadPoolExecutor`` is not used, because the
interpreter waits for its threads when it exits.
"""

from __future__ import annotations

import asyncio
import ctypes
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_MOST_ABANDONED = 8  # threads of one plug-in; as long as so many are stuck, it is not called again


class CallTimeout(Exception):
    """A call has not returned before its deadline.

    Args:
        message: how long it has taken.
        thread: the thread that executes it.
    """

    def __init__(self, message: str, thread: DaemonThread) -> None:
        super().__init__(message)
        self.thread = thread

    def __repr__(self) -> str:
        """Return the message, as users see it beside what plug-ins raise."""
        return str(self)


class DaemonThread(Executor):
    """Executes calls one at a time in a daemon thread.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]
        self._calls = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a call made after those that were submitted before.

        Args:
            fn: what to call.
            *args: its positional arguments.
            **kwargs: its keyword arguments.
        """
        future: Future[T] = Future()
        self._calls.put((future, lambda: fn(*args, **kwargs)))
        return future

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def abandon(self) -> None:
        """End the thread once its call has returned, and try to interrupt that call.

        A loop in Python is interrupted. A call of C code, such as a sleep, returns on its own or never.
        """
        self._calls.put(None)
        if self._thread.ident is not None and self._thread.is_alive():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident), ctypes.py_object(SystemExit)
            )

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - the caller gets whatever a plug-in raises
                future.set_exception(error)
            else:
                future.set_result(result)


class PluginThread:
    """Calls of one plug-in, one at a time.

    Args:
        name: what is called, for the name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: DaemonThread | None = None
        self._abandoned: list[DaemonThread] = []
        self._is_free = asyncio.Lock()

    async def call(
        self, limit: float | None, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function in the thread, after the calls that wait for it already.

        Args:
            limit: seconds from the start of the call; None for no deadline.
            function: what to call.
            *args: its positional arguments.
            **kwargs: its keyword arguments.

        Raises:
            CallTimeout: it has not returned in time, or too many earlier calls have not returned yet.
            Exception: what it raised.
        """
        async with self._is_free:
            self._abandoned = [thread for thread in self._abandoned if thread.is_alive]
            if len(self._abandoned) >= _MOST_ABANDONED:
                message = f"{_MOST_ABANDONED} earlier calls have not returned"
                raise CallTimeout(message, self._abandoned[0])
            if self._thread is None:
                self._thread = DaemonThread(self._name)
            loop = asyncio.get_running_loop()
            call = loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
            await asyncio.wait({call}, timeout=limit)
            if call.done():
                return call.result()
            stuck, self._thread = self._thread, None
            stuck.abandon()
            self._abandoned.append(stuck)
            call.cancel()
            raise CallTimeout(f"it has not returned within {limit:g} s", stuck)
