"""``sweepjob logs --download``: saves the logs of a trial, or of all trials of a sweep, as files."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..api.sweeptrial.log_tail import parse_log_tails
from ..render.formatting import pluralize
from ..render.table import print_message, print_output
from ..trial_pods.cached_objects import CachedPod
from ..trial_pods.pod_parsing import parse_pod
from .arguments import SWEEP, TRIAL, resolve_kind
from .errors import CommandError
from .folder_sweeps import FolderSweeps
from .kubectl import Kubectl
from .sources import SweepSource, required_source

_PROCESSES = 4  # of kubectl at a time
_CHUNK = 1 << 20  # bytes that are compared at once
_MOST_NAMED = 10  # trials in a note
# Flags of ``logs`` that choose a part of a log, and their defaults.
_PARTS: Mapping[str, Any] = {
    **dict.fromkeys(("tail", "grep", "since", "attempt", "container")),
    **dict.fromkeys(("follow", "timestamps", "previous"), False),
    "rank": 0,
}
Body = Mapping[str, Any]


@dataclass(frozen=True)
class _PodLog:
    """The log of a pod's trainer, and the file that it is saved to."""

    pod: CachedPod
    file: Path


def download(args: argparse.Namespace) -> int:
    """Save the logs that a command line names, and return its exit code: 1 if one could not be read."""
    if given := [flag for flag in _PARTS if getattr(args, flag) != _PARTS[flag]]:
        raise CommandError(f"--download saves whole logs; remove --{given[0]}")
    source, name = required_source(args)
    trials, folder = _trials(source, name), Path(args.download)
    pods = _pods(source, trials)
    wanted = [log for body in trials for log in _files(folder, body, pods)]
    with ThreadPoolExecutor(_PROCESSES) as pool:
        problems = list(pool.map(lambda log: _save(source, log), wanted))
    for log, problem in zip(wanted, problems, strict=True):
        if problem:
            print_message(f"warning: the log of pod {log.pod.name} could not be read: {problem}")
    saved = [log for log, problem in zip(wanted, problems, strict=True) if not problem]
    ends = sum(_save_ends(folder, body, saved) for body in trials)
    what = [pluralize(len(saved), "log"), *([f"the ends of {ends} more"] if ends else [])]
    print_output(f"{folder}: {' and '.join(what)}")
    _note_missing(folder, trials)
    return 1 if any(problems) else 0


def _trials(source: SweepSource, name: str) -> Sequence[Body]:
    """Return the trials of a sweep, or the one of a name.

    Raises:
        CommandError: there is neither, or the sweep has no trials.
    """
    kind, plain = TRIAL, name
    if isinstance(source, Kubectl):
        kind, plain = resolve_kind(source, name)
    elif any(body["metadata"]["name"] == name for body in source.sweeps()):
        kind = SWEEP
    if kind == TRIAL:
        return [source.trial(plain)]
    _, trials = source.sweep_and_trials(plain)
    if not trials:
        raise CommandError(f"{plain} has no trials yet")
    return trials


def _pods(source: SweepSource, trials: Sequence[Body]) -> Mapping[str, Sequence[CachedPod]]:
    """Return the pods whose trainer has started, by trial, the newest first."""
    if len(trials) == 1:
        bodies = source.pods(trials[0]["metadata"]["name"])
    else:
        sweeps = {body["spec"]["sweep"] for body in trials}
        bodies = [pod for sweep in sweeps for pod in source.pods_of_sweep(sweep)]
    found: dict[str, list[CachedPod]] = {}
    for pod in sorted(map(parse_pod, bodies), key=lambda pod: -pod.created):
        if pod.view.started is not None or pod.view.is_terminal:
            found.setdefault(pod.trial, []).append(pod)
    return found


def _files(folder: Path, body: Body, pods: Mapping[str, Sequence[CachedPod]]) -> Iterator[_PodLog]:
    """Yield the logs of a trial; of several pods of one attempt and rank, the older ones have names."""
    trial = body["metadata"]["name"]
    seen: Counter[str] = Counter()
    for pod in pods.get(trial, ()):
        stem = f"attempt-{pod.attempt}" + (f"-rank-{pod.view.rank}" if pod.view.rank else "")
        seen[stem] += 1
        yield _PodLog(
            pod, folder / trial / f"{stem}{'' if seen[stem] == 1 else f'-{pod.name}'}.log"
        )


def _save(source: SweepSource, log: _PodLog) -> str:
    """Save a log, and return why that failed; empty if it did not."""
    partial = log.file.with_suffix(".partial")
    try:
        log.file.parent.mkdir(parents=True, exist_ok=True)
        problem = _read(source, log.pod, partial)
        if not problem:
            _keep_earlier(partial, log.file)
    except OSError as error:
        raise CommandError(f"{log.file}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):  # where the folder is none
            partial.unlink()
    return problem


def _read(source: SweepSource, pod: CachedPod, file: Path) -> str:
    if isinstance(source, FolderSweeps):
        found = source.folder_of(pod.sweep) / "logs" / f"{pod.name}.log"
        if not found.is_file():
            return f"{found} does not exist"
        shutil.copyfile(found, file)
        return ""
    assert isinstance(source, Kubectl)
    command = source.command("logs", pod.name, "-c", pod.trainer)
    with file.open("wb") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    said = done.stderr.decode(errors="replace").strip()
    return (said or f"kubectl ended with exit code {done.returncode}") if done.returncode else ""


def _keep_earlier(partial: Path, file: Path) -> None:
    """Replace an earlier download only by what begins with it.

    Else the kubelet has rotated the log since, or it was the log of an earlier sweep of the same name.
    """
    if file.exists() and not _begins_with(partial, file):
        newer = file.with_name(f"{file.stem}.newest.log")
        print_message(
            f"note: {file} is kept, for the log that is there now does not begin with it; that is {newer}"
        )
        file = newer
    os.replace(partial, file)


def _begins_with(whole: Path, start: Path) -> bool:
    with whole.open("rb") as longer, start.open("rb") as shorter:
        while expected := shorter.read(_CHUNK):
            if longer.read(len(expected)) != expected:
                return False
    return True


def _save_ends(folder: Path, body: Body, saved: Iterable[_PodLog]) -> int:
    """Save the recorded ends of logs whose pods are gone; return how many."""
    trial, count = body["metadata"]["name"], 0
    read = {log.pod.attempt for log in saved if log.pod.trial == trial and not log.pod.view.rank}
    for attempt, tail in parse_log_tails(body).items():
        whole = folder / trial / f"attempt-{attempt}.log"
        if attempt in read or whole.exists() or not tail.text:
            continue
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.with_suffix(".end.log").write_text(tail.text, errors="replace")
        count += 1
    return count


def _note_missing(folder: Path, trials: Sequence[Body]) -> None:
    missing = [body["metadata"]["name"] for body in trials]
    missing = [name for name in missing if not any((folder / name).glob("*.log"))]
    if missing:
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        listed = ", ".join(missing[:_MOST_NAMED])
        print_message(f"note: no log is left, or not yet there, of {listed}{more}")
