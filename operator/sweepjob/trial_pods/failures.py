"""Explains why a pod failed: reason and message, with the last lines of the log where available."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.meta.cause import Cause

# The kubelet reports the last 2,048 bytes or 80 lines of a log, or a termination message of 4,096 bytes.
_MAX_LENGTH = 2048  # characters
_SIGNALED = 128  # a program that a signal ended has 128 plus its number as exit code
_SIGNAL_MEANINGS = {
    "SIGKILL": "as the kernel sends when memory runs out",
    "SIGSEGV": "an invalid memory access in native code",
    "SIGBUS": "an invalid memory access, or no space left in shared memory (/dev/shm)",
    "SIGABRT": "native code gave up, often after a message in the log",
    "SIGILL": "an instruction that this processor does not have",
    "SIGFPE": "an invalid integer operation in native code",
}
# Control sequences of terminals: colours and others that begin with ESC, titles and links (OSC).
_SEQUENCE = re.compile(
    r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]?|[@-_])|\x9b[0-?]*[@-~]?"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def failure_of(trainer: Mapping[str, Any], status: Mapping[str, Any]) -> Cause:
    """Return reason and message of a failure.

    Args:
        trainer: the status of the trainer's container.
        status: the status of its pod.
    """
    ended = (trainer.get("state") or {}).get("terminated")
    before = None if ended or status.get("reason") else _failure_before(status)
    if before is not None:
        return before
    if status.get("reason") or ended is None:
        # A reason of the whole pod, e.g. DeadlineExceeded or UnexpectedAdmissionError.
        return Cause(status.get("reason", "PodFailed"), status.get("message", "the pod failed"))
    code, reason = ended.get("exitCode"), ended.get("reason", "Error")
    if reason == "OOMKilled":
        text = "the trainer used more memory than its limit; raise resources.limits"
        return Cause("OutOfMemory", _with_last_lines(text, ended))
    if code == 0:
        return _failure_of_another(status)
    text = f"the trainer ended with exit code {describe_exit_code(code)}"
    return Cause("TrainerFailed", _with_last_lines(text, ended))


def describe_exit_code(code: object) -> str:
    """Return an exit code, with the signal that it stands for: a killed program leaves no traceback."""
    if not isinstance(code, int) or code <= _SIGNALED:
        return str(code)
    try:
        name = signal.Signals(code - _SIGNALED).name
    except ValueError:
        return str(code)
    meaning = _SIGNAL_MEANINGS.get(name)
    return f"{code} ({name}{f', {meaning}' if meaning else ''})"


def _failure_before(status: Mapping[str, Any]) -> Cause | None:
    """Return why an init container ended the pod before its trainer started; None if none did."""
    for container in status.get("initContainerStatuses") or []:
        ended = (container.get("state") or {}).get("terminated") or {}
        name = container.get("name")
        if not ended.get("exitCode") or name == names.SIDECAR:
            continue
        if name == names.CODE:
            text = "the code of the sweep cannot be unpacked"
            return Cause(names.REASON_CODE_UNUSABLE, _with_last_lines(text, ended))
        text = (
            f"init container '{name}' ended with exit code {ended['exitCode']}, so the trainer did "
            "not start"
        )
        return Cause("InitContainerFailed", _with_last_lines(text, ended))
    return None


def _failure_of_another(status: Mapping[str, Any]) -> Cause:
    """Explain why the pod failed although the trainer exited with 0."""
    for container in status.get("containerStatuses") or []:
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            text = (
                f"container '{container.get('name')}' ended with exit code "
                f"{describe_exit_code(ended['exitCode'])}, though the trainer ended with 0"
            )
            return Cause("ContainerFailed", _with_last_lines(text, ended))
    return Cause("PodFailed", "the pod failed, though the trainer ended with exit code 0")


def _with_last_lines(text: str, ended: Mapping[str, Any]) -> str:
    lines = last_lines(str(ended.get("message") or ""))
    return f"{text}: {lines}" if lines else text


def last_lines(text: str, limit: int = _MAX_LENGTH) -> str:
    """Return the end of a log as plain text: no control sequences, progress bars in their last state.

    Args:
        text: the log, or its end.
        limit: maximum number of characters.
    """
    plain = _SEQUENCE.sub("", text[-2 * limit :])
    kept = (line.rstrip("\r").rpartition("\r")[2].rstrip() for line in plain.split("\n"))
    cleaned = _CONTROL.sub("\ufffd", "\n".join(kept)).strip()
    if len(cleaned) <= limit:
        return cleaned
    # Whole lines where there are several.
    _, broken, rest = cleaned[-limit:].partition("\n")
    return rest if broken else cleaned[-limit:]
