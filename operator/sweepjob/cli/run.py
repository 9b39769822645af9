"""``sweepjob run --local``: a whole sweep as processes on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.problem import InvalidSpec, Problem
from ..local.devices import Devices, visible
from ..local.folder import NAMESPACE, BrokenFile, Folder, is_over
from ..resources.accelerators import requested
from ..resources.job import trainer_of
from ..resources.rows import trial_row
from ..resources.sweepjob import SweepSpec
from ..resources.views import SweepView, by_score, trial_views
from . import trials
from .errors import Unusable
from .live import terminal
from .rows import show
from .screen import screen
from .sources import read_sweep
from .table import say, tell

if TYPE_CHECKING:
    from ..local.node import Machine
    from ..local.sweep import LocalSweep

_REDRAW = 0.2  # seconds between two screens, at least


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "run",
        help="run a sweep on this machine, without a cluster",
        description="Trials are processes here, with the same proposals, decisions and metrics as on a "
        "cluster. The image is not used: commands run in this folder, with this machine's programs.",
    )
    parser.add_argument("-f", "--file", required=True, metavar="SWEEP.yaml")
    parser.add_argument(
        "--local", action="store_true", help="required: for a cluster, kubectl apply"
    )
    parser.add_argument(
        "--folder", type=Path, help="of records and logs; .sweepjob/NAME by default"
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on with what the folder has")
    again.add_argument("--fresh", action="store_true", help="forget what the folder has")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if not args.local:
        raise Unusable("this runs sweeps with --local; on a cluster: kubectl apply -f SWEEP.yaml")
    sweep = read_sweep(args.file)
    gpus = visible()
    manifest = localized(sweep.manifest, sweep.spec, gpus)
    root = (args.folder or Path(".sweepjob") / manifest["metadata"]["name"]).absolute()
    new = _open(root, args)
    from ..local.node import Machine

    machine = Machine(Devices(gpus), dict(os.environ), Path.cwd())
    try:
        sources = sources_of(sweep.spec, root)
        return asyncio.run(_run(Folder(root), machine, manifest if new else None, sources))
    except BrokenFile as error:
        raise Unusable(str(error)) from None
    except asyncio.CancelledError:
        pass
    tell(f"interrupted; go on with: sweepjob run --local -f {args.file} --resume")
    return 130


def _open(root: Path, args: argparse.Namespace) -> bool:
    """Whether the sweep is a new one."""
    there = any((root / "sweepjobs").glob("*.json"))
    if root.exists() and any(root.iterdir()) and not (root / "sweepjobs").is_dir():
        raise Unusable(f"{root} is not empty, and no folder of a sweep; choose another --folder")
    if args.fresh and there:
        shutil.rmtree(root)
        return True
    if there and not args.resume:
        raise Unusable(f"{root} has a sweep already: --resume goes on with it, --fresh forgets it")
    return not there


def sources_of(spec: SweepSpec, root: Path) -> list[Folder]:
    """The folders of the sweeps to begin with, which stand beside this one's.

    Raises:
        InvalidSpec: one is not there, or has not ended.
    """
    found, problems = [], []
    for position, name in enumerate(spec.warm_start):
        folder = root.parent / name
        path = f"spec.warmStart.sweeps[{position}]"
        if not (folder / "sweepjobs" / f"{name}.json").exists():
            remedy = f"was not run here; there is no folder {folder} of it"
            problems.append(Problem(path, name, remedy))
        elif not all(map(is_over, (source := Folder(folder)).read("sweepjobs"))):
            problems.append(Problem(path, name, "has not ended; run it with --resume first"))
        else:
            found.append(source)
    if problems:
        raise InvalidSpec(problems)
    return found


def localized(
    manifest: Mapping[str, Any], spec: SweepSpec, gpus: tuple[str, ...]
) -> dict[str, Any]:
    """The SweepJob as it runs here.

    Raises:
        InvalidSpec: it has what only a cluster has.
    """
    problems = list(_lacking(spec))
    wanted = _gpus_of(spec)
    if gpus and wanted > len(gpus):
        remedy = f"this machine has {len(gpus)}; lower it"
        problems.append(Problem("spec.trial.resources", wanted, remedy))
    if problems:
        raise InvalidSpec(problems)
    limits = dict(manifest["spec"]["limits"])
    if wanted and gpus:
        at_most = len(gpus) // wanted
        if spec.limits.max_concurrent_trials > at_most:
            limits["maxConcurrentTrials"] = at_most
            tell(
                f"note: {at_most} at a time: there are {len(gpus)} GPUs, and a trial wants {wanted}"
            )
    elif wanted:
        tell("note: there is no GPU here; trials run without")
    if spec.trial.template is not None:
        folder = trainer_of(spec.trial.template["spec"]).get("workingDir")
        if folder:
            tell(f"note: workingDir {folder} is of the image; trials run in this folder")
    return {
        "apiVersion": manifest["apiVersion"],
        "kind": manifest["kind"],
        "metadata": {"name": manifest["metadata"]["name"], "namespace": NAMESPACE},
        "spec": {**manifest["spec"], "limits": limits},
    }


def _gpus_of(spec: SweepSpec) -> int:
    if spec.trial.template is None:
        pod: Mapping[str, Any] = {"containers": [{"resources": spec.trial.resources}]}
    else:
        pod = spec.trial.template["spec"]
    return round(sum(requested(pod).values()))


def _lacking(spec: SweepSpec) -> list[Problem]:
    """What there is no equivalent for."""
    problems = []
    if spec.trial.template is not None:
        pod = spec.trial.template["spec"]
        if len(pod["containers"]) > 1 or pod.get("initContainers"):
            remedy = "a trial is one process here; put the steps into one command"
            problems.append(Problem("spec.trial.template.spec", "several containers", remedy))
        container, path = trainer_of(pod), "spec.trial.template.spec.containers[0]"
        for key in ("command", "args"):
            words = container.get(key) or []
            if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
                problems.append(Problem(f"{path}.{key}", words, "must be a list of texts"))
    else:
        container = {"command": spec.trial.command, "env": spec.trial.env}
        path = "spec.trial"
    if not container.get("command"):
        remedy = "must be written out: the image, whose own command it would be, is not used here"
        problems.append(Problem(f"{path}.command", "", remedy))
    for number, entry in enumerate(container.get("env") or ()):
        if "valueFrom" in entry and entry["name"] not in os.environ:
            remedy = f"comes from the cluster; set {entry['name']} in this shell"
            problems.append(Problem(f"{path}.env[{number}]", entry["name"], remedy))
    return problems


async def _run(
    folder: Folder,
    machine: Machine,
    manifest: Mapping[str, Any] | None,
    sources: Sequence[Folder],
) -> int:
    """Run the sweep and show it; returns the exit code."""
    news = asyncio.Event()
    from ..local.sweep import LocalSweep

    sweep = LocalSweep(folder, machine, news.set, sources)
    task = asyncio.create_task(sweep.run(manifest))
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, task.cancel)
    with terminal() as draw:
        while not task.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), 1.0)
            news.clear()
            if sweep.has_begun:
                draw(_screen(sweep))
            await asyncio.wait([task], timeout=_REDRAW)
        if not task.cancelled() and task.exception() is None:
            draw(_screen(sweep))
    done = SweepView.of(await task)
    _show_result(sweep)
    say(f"\nrecords and logs: {folder.path}")
    return 0 if done.phase == "Complete" else 1


def _screen(sweep: LocalSweep) -> list[str]:
    view = SweepView.of(sweep.sweep)
    return screen(view, trial_views(sweep.trials, view.goal), time.time())


def _show_result(sweep: LocalSweep) -> None:
    view = SweepView.of(sweep.sweep)
    found = by_score(trial_views(sweep.trials, view.goal))
    say()
    shown = [name for name in trials.SHOWN if name != "gpuSeconds"]
    show([trial_row(t, time.time()) for t in found], "table", "sweeptrial", shown)
