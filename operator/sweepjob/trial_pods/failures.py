"""Why a pod failed, in a word and a sentence, with the last lines of the log where it has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# The kubelet hands on the last 2,048 bytes or 80 lines of a log, or a termination message of 4,096 bytes.
_MOST = 2048  # characters
# What a terminal would act upon: colours and other sequences that begin with ESC, titles and links (OSC).
_SEQUENCE = re.compile(
    r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]?|[@-_])|\x9b[0-?]*[@-~]?"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def failure_of(trainer: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[str, str]:
    """Reason and sentence of a failed end.

    Args:
        trainer: the container status of the trainer.
        status: of its pod.
    """
    ended = (trainer.get("state") or {}).get("terminated")
    if status.get("reason") or ended is None:
        # Said of the whole pod, e.g. DeadlineExceeded or UnexpectedAdmissionError.
        return status.get("reason", "PodFailed"), status.get("message", "the pod failed")
    code, reason = ended.get("exitCode"), ended.get("reason", "Error")
    if reason == "OOMKilled":
        text = "the trainer used more memory than its limit; raise resources.limits"
        return "OutOfMemory", _with_last_lines(text, ended)
    if code == 0:
        return _failure_of_another(status)
    return "TrainerFailed", _with_last_lines(f"the trainer ended with exit code {code}", ended)


def _failure_of_another(status: Mapping[str, Any]) -> tuple[str, str]:
    """The trainer has ended well, and yet the pod has failed."""
    for container in status.get("containerStatuses") or []:
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            text = (
                f"container '{container.get('name')}' ended with exit code {ended['exitCode']}, "
                "though the trainer ended with 0"
            )
            return "ContainerFailed", _with_last_lines(text, ended)
    return "PodFailed", "the pod failed, though the trainer ended with exit code 0"


def _with_last_lines(text: str, ended: Mapping[str, Any]) -> str:
    lines = last_lines(str(ended.get("message") or ""))
    return f"{text}: {lines}" if lines else text


def last_lines(text: str) -> str:
    """The end of a log as plain text: without control sequences, progress bars as they stood last."""
    plain = _SEQUENCE.sub("", text[-2 * _MOST :])
    kept = (line.rstrip("\r").rpartition("\r")[2].rstrip() for line in plain.split("\n"))
    cleaned = _CONTROL.sub("\ufffd", "\n".join(kept)).strip()
    if len(cleaned) <= _MOST:
        return cleaned
    # Whole lines, if there is more than one.
    _, broken, rest = cleaned[-_MOST:].partition("\n")
    return rest if broken else cleaned[-_MOST:]
