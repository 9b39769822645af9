"""``sweepjob download``: copies the outputs of a trial to this machine."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..api import names
from ..api.parsing.suggestions import did_you_mean
from ..api.spec.outputs import Output, trial_folder
from ..api.spec_parser import parse_sweepjob
from ..read_model.sweep_view import SweepView
from ..render.table import print_output
from ..trial_pods.output_reader import MOUNT, START_TIMEOUT, output_reader
from .arguments import SWEEP, add_sweep_or_trial, resolve_kind
from .errors import CommandError
from .kubectl import Kubectl
from .sources import SweepSource, required_source

_POLL = 0.3  # seconds


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "download",
        help="copy the outputs of the best trial, or of another one",
        description="Copy the outputs of a trial to this machine: of the best one if a sweep is named. "
        "On a cluster a temporary pod with the trial's image reads the volumes; the image needs sleep "
        "and tar.",
    )
    add_sweep_or_trial(parser)
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="folder to copy to (default: ./TRIAL)"
    )
    parser.add_argument("--only", metavar="NAME", help="copy this output only")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    source, name = required_source(args)
    sweep, trial = _choose(source, name)
    outputs = _outputs(sweep, args.only)
    target = Path(args.output or trial)
    if isinstance(source, Kubectl):
        made = _from_cluster(source, sweep, trial, outputs, target)
    else:
        made = _from_folder(source, sweep, trial, outputs, target)
    for folder in made:
        files = sum(1 for path in folder.rglob("*") if path.is_file())
        print_output(f"{folder}: {files} file{'' if files == 1 else 's'} of {trial}")
    return 0


def _choose(source: SweepSource, name: str) -> tuple[Mapping[str, Any], str]:
    """Return the sweep, and the trial: the best one if the name is that of a sweep."""
    if isinstance(source, Kubectl):
        kind, name = resolve_kind(source, name)
        is_sweep = kind == SWEEP
    else:
        is_sweep = any(body["metadata"]["name"] == name for body in source.sweeps())
    if not is_sweep:
        return source.sweep(source.trial(name)["spec"]["sweep"]), name
    body = source.sweep(name)
    sweep = SweepView.of(body)
    if not sweep.best:
        raise CommandError(f"{sweep.no_best_message}; name a trial")
    return body, sweep.best


def _outputs(sweep: Mapping[str, Any], only: str | None) -> list[Output]:
    """Return the outputs to copy.

    Raises:
        CommandError: the sweep has none, or none of this name.
    """
    name, every = sweep["metadata"]["name"], parse_sweepjob(sweep).outputs
    if not every:
        raise CommandError(f"{name} has no spec.outputs, so nothing that its trials wrote is kept")
    found = [output for output in every if only in (None, output.name)]
    if not found:
        listed = ", ".join(output.name for output in every)
        near = did_you_mean(only or "", [output.name for output in every])
        raise CommandError(f"{name} has no output {only}{near or ';'} there are: {listed}")
    return found


def _from_folder(
    source: SweepSource,
    sweep: Mapping[str, Any],
    trial: str,
    outputs: Sequence[Output],
    target: Path,
) -> list[Path]:
    from .folder_sweeps import FolderSweeps

    assert isinstance(source, FolderSweeps)
    meta = sweep["metadata"]
    root = source.folder_of(meta["name"]) / "outputs"
    made = []
    for output in outputs:
        inside = output.folder(trial_folder(meta["name"], meta["uid"], trial))
        folder = root / output.volume_name.removeprefix(names.VOLUME_OUTPUT) / inside
        if not folder.is_dir():
            raise CommandError(f"{trial} has not run yet: there is no folder {folder}")
        _copy_folder(folder, target / output.name)
        made.append(target / output.name)
    return made


def _copy_folder(folder: Path, target: Path) -> None:
    """Copy an output of this machine; a symbolic link is copied as one, never what it points to.

    Raises:
        CommandError: it cannot be copied.
    """
    try:
        shutil.copytree(folder, target, symlinks=True, dirs_exist_ok=True)
    except shutil.Error as error:
        failed = "; ".join(f"{path}: {why}" for path, _, why in error.args[0][:3])
        raise CommandError(f"{folder} was copied only in part: {failed}") from None
    except OSError as error:
        raise CommandError(f"{folder} cannot be copied: {error}") from None


def _from_cluster(
    cluster: Kubectl,
    sweep: Mapping[str, Any],
    trial: str,
    outputs: Sequence[Output],
    target: Path,
) -> list[Path]:
    meta = sweep["metadata"]
    folder, made = trial_folder(meta["name"], meta["uid"], trial), []
    where = cluster.in_namespace(meta["namespace"])
    with _reader(where, sweep, trial, outputs) as pod:
        for output in outputs:
            _copy(
                where, pod, f"{MOUNT}/{output.name}/{output.folder(folder)}", target / output.name
            )
            made.append(target / output.name)
    return made


@contextlib.contextmanager
def _reader(
    cluster: Kubectl, sweep: Mapping[str, Any], trial: str, outputs: Sequence[Output]
) -> Iterator[str]:
    """Run the pod that mounts the volumes; yields its name."""
    body = output_reader(f"{trial}-outputs", sweep, outputs)
    body["metadata"]["namespace"] = sweep["metadata"]["namespace"]
    pod: str = cluster.create(body)["metadata"]["name"]
    try:
        _await_running(cluster, pod)
        yield pod
    finally:
        cluster.run("delete", "pod", pod, "--grace-period=0", "--force", "--wait=false")


def _await_running(cluster: Kubectl, pod: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        status = cluster.get("pod", pod).get("status") or {}
        if status.get("phase") == "Running":
            return
        if status.get("phase") in ("Failed", "Succeeded") or time.monotonic() > deadline:
            raise CommandError(
                f"the pod {pod} that reads the outputs is {status.get('phase')}: {_why(status)}; the "
                "image needs sleep and tar, and the volume must be free to be mounted"
            )
        time.sleep(_POLL)


def _why(status: Mapping[str, Any]) -> str:
    """Return what a pod that does not run waits for."""
    waiting = [
        (s.get("state") or {}).get("waiting") or {} for s in status.get("containerStatuses") or ()
    ]
    found = [w.get("message") or w.get("reason", "") for w in waiting]
    found += [c["message"] for c in status.get("conditions") or () if c.get("message")]
    return next(filter(None, found), json.dumps(status.get("phase")))


def _copy(cluster: Kubectl, pod: str, source: str, target: Path) -> None:
    """Copy a folder of the pod, as kubectl cp does, but with modes and links checked.

    Raises:
        CommandError: it cannot be read.
    """
    command = cluster.command("exec", pod, "--", "tar", "-cf", "-", "-C", source, ".")
    with tempfile.TemporaryFile() as data:  # outputs may be larger than the memory
        done = subprocess.run(command, stdout=data, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise CommandError(f"{source} cannot be read: {said}")
        data.seek(0)
        try:
            target.mkdir(parents=True, exist_ok=True)
            with tarfile.open(fileobj=data, mode="r:") as archive:
                archive.extractall(target, filter="data")
        except (tarfile.TarError, OSError) as error:
            raise CommandError(
                f"{source} was not copied, or only in part: {error}; copy the files that you need "
                "with kubectl cp, or mount the volume"
            ) from None
