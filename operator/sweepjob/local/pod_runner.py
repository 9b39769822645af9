"""One pod from its start to its end: the sidecar first, then the trainer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .log import Log
from .output import Output
from .pod_processes import LocalPod
from .process import SupervisedProcess
from .sidecar import Sidecar, SidecarEnd, SidecarFailed
from .start_failure import start_failure

_TERMINATED = 143  # exit code of what SIGTERM has ended


@dataclass(frozen=True, slots=True)
class PodEnd:
    """How a pod ended.

    Attributes:
        code: the trainer's exit code.
        message: the last lines of a trainer that failed, or why it could not be started.
        reason: one word, where it was not the trainer that failed; ``message`` is of the pod then.
        sidecar: None where there was none.
        summary: the sidecar's termination message.
    """

    code: int
    message: str = ""
    reason: str = ""
    sidecar: SidecarEnd | None = None
    summary: str = ""


class _NotStarted(Exception):
    """The trainer could not be started."""

    def __init__(self, end: PodEnd) -> None:
        super().__init__(end.message)
        self.end = end


class PodRunner:
    """Runs a pod's processes.

    Args:
        environment: of the trainer.
        folder: the one the trainer starts in.
        log: what the trainer prints.
        started: called when the trainer runs.
    """

    def __init__(
        self,
        pod: LocalPod,
        environment: Mapping[str, str],
        folder: Path,
        log: Log,
        started: Callable[[], None],
    ) -> None:
        self._pod = pod
        self._environment = environment
        self._folder = folder
        self._log = log
        self._started = started
        self._trainer: SupervisedProcess | None = None
        self._is_to_end = False
        self._seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._log_error: OSError | None = None

    def terminate(self, seconds: float) -> None:
        """Ask the trainer to go, and kill it after so many seconds. One that has not started does
        not start any more.
        """
        self._is_to_end = True
        self._seconds = seconds
        if self._trainer is None:
            return
        self._trainer.terminate()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._trainer.kill)

    async def run(self) -> PodEnd:
        """Run it to its end. Cancelled, it leaves nothing running."""
        if self._pod.sidecar is None:
            return await self._run_trainer()
        log = self._pod.folder / "sidecar.log"
        sidecar = Sidecar(self._pod.sidecar, self._pod.port, log)
        try:
            await sidecar.start()
            end = await self._run_trainer()
        except SidecarFailed as error:
            end = PodEnd(1, str(error), "SidecarFailed")
        finally:
            left = await sidecar.stop()
        summary = _read(self._pod.last_words)
        return PodEnd(end.code, end.message, end.reason, left, summary)

    async def _run_trainer(self) -> PodEnd:
        if self._is_to_end:
            self._log.close()
            return PodEnd(_TERMINATED, "it was ended before it started")
        output = Output(self._log, self._on_lost_log)
        try:
            self._trainer = await self._start(output)
            code = await self._await_end(self._trainer)
        except _NotStarted as failure:
            return failure.end
        finally:
            output.close()
            self._log.close()
        if self._log_error is not None:
            return PodEnd(code, f"its log cannot be written: {self._log_error}", "LogFailed")
        return PodEnd(code, self._log.last_lines() if code else "")

    async def _start(self, output: Output) -> SupervisedProcess:
        given = (self._pod.command, self._environment)
        try:
            return await SupervisedProcess.start(*given, output.write_end, self._folder)
        except (OSError, ValueError) as error:
            raise _NotStarted(PodEnd(*start_failure(error, *given, self._folder))) from error
        finally:
            output.close_write_end()

    async def _await_end(self, trainer: SupervisedProcess) -> int:
        try:
            self._started()
            if self._is_to_end:  # asked while it was being started
                self.terminate(self._seconds)
            return await trainer.wait()
        except BaseException:
            await trainer.end()
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _on_lost_log(self, error: OSError) -> None:
        self._log_error = error
        if self._trainer is not None:
            self._trainer.kill()


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
