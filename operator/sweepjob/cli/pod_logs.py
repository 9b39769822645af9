"""The logs of trials on a cluster, followed over their attempts."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..api.sweeptrial.serialization import parse_record
from ..render.table import print_message
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.user_pod import trainer_of
from .kubectl import Kubectl
from .log_lines import LineFilter

_POLL = 1.0  # seconds between two looks at a trial that waits


@dataclass(frozen=True)
class LogRequest:
    """What is to be printed of the log of a pod.

    Attributes:
        container: name of the container; None for the trainer.
        follow: until the pod ends.
        flags: flags of ``kubectl logs``.
        keep: prints what is wanted.
    """

    container: str | None
    follow: bool
    flags: tuple[str, ...]
    keep: LineFilter


def print_pod_log(source: Kubectl, pod: Mapping[str, Any], request: LogRequest) -> int:
    """Print the log of a pod, and return the exit code.

    Args:
        source: the cluster.
        pod: the pod.
        request: what to print.
    """
    container = request.container or trainer_of(pod["spec"])["name"]
    flags = [*(["--follow"] if request.follow else []), *request.flags]
    words = ("logs", pod["metadata"]["name"], "-c", container, *flags)
    if request.keep.is_all:
        return source.run_attached(*words)
    process = subprocess.Popen(source.command(*words), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process:
        while chunk := process.stdout.read1(1 << 16):  # type: ignore[attr-defined] # it is buffered
            request.keep.write(chunk)
            request.keep.flush()
    request.keep.finish()
    return process.returncode


def await_pod(
    source: Kubectl, trial: str, newest: Callable[[], CachedPod | None], after: str = ""
) -> CachedPod | None:
    """Wait for the next pod of a trial whose trainer has started; None when the trial has ended.

    Args:
        source: the cluster.
        trial: name of the trial.
        newest: returns its newest pod.
        after: uid of the pod before; empty for the first.
    """
    noted = ""
    while True:
        # The record first: a pod that is not there after the end of the trial does not come any more.
        record = parse_record(source.trial(trial))
        pod = newest()
        if pod is not None and pod.uid == after:
            pod = None
        if pod is not None and (pod.view.started is not None or pod.view.is_terminal):
            return pod
        if record.phase.is_end:
            return pod
        reason = f": {record.reason}" if record.reason else ""
        note = f"note: {trial} is {record.phase.value}, attempt {record.attempt}{reason}; waiting"
        if note != noted:
            print_message(note)
            noted = note
        time.sleep(_POLL)
