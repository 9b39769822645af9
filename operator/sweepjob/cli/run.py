"""``sweepjob run --local``: runs a sweep as processes on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api.phases import SweepPhase
from ..loading.errors import CommandError
from ..loading.sweep_files import LoadedSweep, azure_options, read_sweep
from ..local.adapt_spec import localize, warm_start_folders
from ..local.devices import GpuAllocator, visible_gpus
from ..local.folder import CorruptFileError, SweepFolder
from ..read_model.views import SweepView, sort_by_score, trial_views
from ..render.output_formats import print_rows
from ..render.screen import sweep_screen
from ..render.table import print_message, print_output
from ..render.terminal import live_display
from ..render.trial_rows import trial_row
from . import azure_map_flags, trials

if TYPE_CHECKING:
    from ..local.node import NodeConfiguration
    from ..local.sweep import LocalSweep

_MIN_REFRESH_INTERVAL = 0.2  # seconds


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "run",
        help="run a sweep on this machine, without a cluster",
        description="Run a sweep with trials as processes on this machine. Proposals, decisions and "
        "metrics are the same as on a cluster. The image is not used: commands run in the current "
        "folder, with this machine's programs.",
    )
    parser.add_argument(
        "-f", "--file", required=True, metavar="SWEEP.yaml", help="sweep file; - for standard input"
    )
    parser.add_argument(
        "--local", action="store_true", help="required; for a cluster use kubectl apply"
    )
    parser.add_argument(
        "--folder", type=Path, help="folder of records and logs (default: .sweepjob/NAME)"
    )
    azure_map_flags.add_flag(parser)
    azure_map_flags.add_pairs(
        parser, "--input", "NAME=VALUE", "value of a data input of an Azure file"
    )
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--resume", action="store_true", help="resume the sweep in the folder")
    existing.add_argument(
        "--fresh", action="store_true", help="delete the sweep in the folder first"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    if not args.local:
        raise CommandError(
            "this runs sweeps with --local; on a cluster: kubectl apply -f SWEEP.yaml"
        )
    options = replace(
        azure_options(args.file, azure_map_flags.read(args)), local=True, inputs=dict(args.input)
    )
    sweep = read_sweep(args.file, options)
    _check_inputs(sweep, args)
    for note in sweep.notes:
        print_message(f"note: {note}")
    gpus = visible_gpus()
    manifest = localize(sweep.manifest, sweep.spec, gpus)
    root = (args.folder or Path(".sweepjob") / manifest["metadata"]["name"]).absolute()
    new = _prepare_folder(root, args)
    from ..local.node import NodeConfiguration

    folder = Path.cwd() if sweep.code is None else sweep.code.absolute()
    machine = NodeConfiguration(GpuAllocator(gpus), dict(os.environ), folder)
    try:
        sources = warm_start_folders(sweep.spec, root)
        return asyncio.run(_run(SweepFolder(root), machine, manifest if new else None, sources))
    except CorruptFileError as error:
        raise CommandError(str(error)) from None
    except asyncio.CancelledError:
        pass
    print_message(f"interrupted; resume with: sweepjob run --local -f {args.file} --resume")
    return 130


def _check_inputs(sweep: LoadedSweep, args: argparse.Namespace) -> None:
    """Refuse --input for a SweepJob, and code that is not there."""
    if sweep.code is None and args.input:
        raise CommandError(f"--input: {args.file} is a SweepJob; set spec.inputs in it")
    if sweep.code is not None and not sweep.code.is_dir():
        raise CommandError(f"{args.file}: code: there is no folder {sweep.code}")


def _prepare_folder(root: Path, args: argparse.Namespace) -> bool:
    """Check and clear the folder as the flags say; return whether the sweep is new."""
    has_sweep = any((root / "sweepjobs").glob("*.json"))
    if root.exists() and any(root.iterdir()) and not (root / "sweepjobs").is_dir():
        raise CommandError(
            f"{root} is not empty, and no folder of a sweep; choose another --folder"
        )
    if args.fresh and has_sweep:
        shutil.rmtree(root)
        return True
    if has_sweep and not args.resume:
        raise CommandError(f"{root} has a sweep already: --resume resumes it, --fresh deletes it")
    return not has_sweep


async def _run(
    folder: SweepFolder,
    machine: NodeConfiguration,
    manifest: Mapping[str, Any] | None,
    sources: Sequence[SweepFolder],
) -> int:
    """Run the sweep and show its progress; return the exit code."""
    changed = asyncio.Event()
    from ..local.sweep import LocalSweep

    sweep = LocalSweep(folder, machine, changed.set, sources)
    task = asyncio.create_task(sweep.run(manifest))
    loop = asyncio.get_running_loop()
    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, task.cancel)
    with live_display() as draw:
        while not task.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), 1.0)
            changed.clear()
            if sweep.has_begun:
                draw(_screen(sweep))
            await asyncio.wait([task], timeout=_MIN_REFRESH_INTERVAL)
        if not task.cancelled() and task.exception() is None:
            draw(_screen(sweep))
    done = SweepView.of(await task)
    _print_result(sweep)
    print_output(f"\nrecords and logs: {folder.path}")
    return 0 if done.phase == SweepPhase.COMPLETE else 1


def _screen(sweep: LocalSweep) -> list[str]:
    view = SweepView.of(sweep.sweep)
    return sweep_screen(view, trial_views(sweep.trials, view.goal), time.time())


def _print_result(sweep: LocalSweep) -> None:
    view = SweepView.of(sweep.sweep)
    ranked = sort_by_score(trial_views(sweep.trials, view.goal))
    print_output()
    columns = [name for name in trials.COLUMNS if name != "gpuSeconds"]
    print_rows([trial_row(t, time.time()) for t in ranked], "table", "sweeptrial", columns)
