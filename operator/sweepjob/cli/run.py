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

from ..loading.errors import Unusable
from ..loading.sweep_files import read_sweep
from ..local.devices import Devices, visible
from ..local.folder import BrokenFile, Folder
from ..local.localize import localized, sources_of
from ..render.output_formats import show
from ..render.screen import screen
from ..render.table import say, tell
from ..render.terminal import terminal
from ..render.trial_rows import trial_row
from ..render.views import SweepView, by_score, trial_views
from . import trials

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
