"""Runs one pod: starts the sidecar, then the trainer, and ends them in the reverse order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .child_process import SupervisedProcess
from .log_pipe import OutputPipe
from .pod_processes import LocalPod
from .sidecar import SidecarProcess, SidecarResult, SidecarStartError
from .start_failure import start_failure
from .trainer_log import TrainerLog

_TERMINATED = 143  # exit code after SIGTERM


@dataclass(frozen=True, slots=True)
class PodResult:
    """The result of a pod.

    Attributes:
        code: exit code of the trainer.
        message: last lines of a trainer that failed, or why it could not be started.
        reason: reason of the pod's failure if the trainer is not its cause; ``message`` is its message.
        sidecar: result of the sidecar; None without one.
        summary: termination message of the sidecar.
    """

    code: int
    message: str = ""
    reason: str = ""
    sidecar: SidecarResult | None = None
    summary: str = ""


class _StartError(Exception):
    """The trainer could not be started."""

    def __init__(self, end: PodResult) -> None:
        super().__init__(end.message)
        self.end = end


class PodRunner:
    """Runs the processes of a pod.

    Args:
        pod: the pod.
        environment: environment variables of the trainer.
        folder: working directory of the trainer.
        log: log of the trainer.
        started: called when the trainer has started.
    """

    def __init__(
        self,
        pod: LocalPod,
        environment: Mapping[str, str],
        folder: Path,
        log: TrainerLog,
        started: Callable[[], None],
    ) -> None:
        self._pod = pod
        self._environment = environment
        self._folder = folder
        self._log = log
        self._started = started
        self._trainer: SupervisedProcess | None = None
        self._is_terminating = False
        self._grace = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._log_error: OSError | None = None

    def terminate(self, seconds: float) -> None:
        """Send SIGTERM to the trainer, and SIGKILL later. A trainer that has not started never starts.

        Args:
            seconds: grace period.
        """
        self._is_terminating = True
        self._grace = seconds
        if self._trainer is None:
            return
        self._trainer.terminate()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._trainer.kill)

    async def run(self) -> PodResult:
        """Run the pod until it has ended. Cancellation ends all of its processes."""
        if self._pod.sidecar is None:
            return await self._run_trainer()
        log = self._pod.folder / "sidecar.log"
        sidecar = SidecarProcess(self._pod.sidecar, self._pod.port, log)
        try:
            await sidecar.start()
            end = await self._run_trainer()
        except SidecarStartError as error:
            end = PodResult(1, str(error), "SidecarFailed")
        finally:
            sidecar_result = await sidecar.stop()
        summary = _read(self._pod.termination_log)
        return PodResult(end.code, end.message, end.reason, sidecar_result, summary)

    async def _run_trainer(self) -> PodResult:
        if self._is_terminating:
            self._log.close()
            return PodResult(_TERMINATED, "it was ended before it started")
        output = OutputPipe(self._log, self._on_log_error)
        try:
            self._trainer = await self._start(output)
            code = await self._await_end(self._trainer)
        except _StartError as failure:
            return failure.end
        finally:
            output.close()
            self._log.close()
        if self._log_error is not None:
            return PodResult(code, f"its log cannot be written: {self._log_error}", "LogFailed")
        return PodResult(code, self._log.tail() if code else "")

    async def _start(self, output: OutputPipe) -> SupervisedProcess:
        given = (self._pod.command, self._environment)
        try:
            return await SupervisedProcess.start(*given, output.write_end, self._folder)
        except (OSError, ValueError) as error:
            raise _StartError(PodResult(*start_failure(error, *given, self._folder))) from error
        finally:
            output.close_write_end()

    async def _await_end(self, trainer: SupervisedProcess) -> int:
        try:
            self._started()
            if self._is_terminating:  # requested during the start
                self.terminate(self._grace)
            return await trainer.wait()
        except BaseException:
            await trainer.end()
            raise
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _on_log_error(self, error: OSError) -> None:
        self._log_error = error
        if self._trainer is not None:
            self._trainer.kill()


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
