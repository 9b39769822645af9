"""``sweepjob run --local``: runs a sweep as processes on this machine."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api.phases import SweepPhase
from ..loading.sweep_code import read_sweep_with_code
from ..loading.sweep_files import azure_options
from ..local.adapt_spec import check_results, localize, warm_start_folders
from ..local.devices import GpuAllocator, visible_gpus
from ..local.folder import FolderError, SweepFolder, is_running, remove_folder
from ..read_model.sweep_view import SweepView
from ..read_model.trial_view import TrialView, trial_views
from ..render.best_parameters import FORMATTERS
from ..render.formatting import pluralize
from ..render.output_formats import format_value
from ..render.screen import sweep_screen
from ..render.table import print_message, print_output
from ..render.terminal import live_display
from . import azure_map_flags, warm_start_files
from .errors import CommandError
from .local_result import print_result

if TYPE_CHECKING:
    from ..loading.code import CodeSnapshot
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
    parser.add_argument(
        "--code",
        metavar="DIR",
        help="folder with the training script; each trial runs in a copy of its own",
    )
    warm_start_files.add_flag(parser)
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
            "run needs --local; to run a sweep on a cluster: kubectl apply -f SWEEP.yaml"
        )
    options = replace(
        azure_options(args.file, azure_map_flags.read(args)), local=True, inputs=dict(args.input)
    )
    sweep, code = read_sweep_with_code(args.file, args.code, options)
    sweep, files = warm_start_files.read(args, sweep)
    if args.input and not sweep.is_of_azure:
        raise CommandError(f"--input: {args.file} is a SweepJob; set spec.inputs in it")
    for note in sweep.notes:
        print_message(f"note: {note}")
    gpus = visible_gpus()
    manifest = localize(sweep.manifest, sweep.spec, gpus, code)
    current = _current_folder()
    root = current / (args.folder or Path(".sweepjob") / manifest["metadata"]["name"])
    new = _prepare_folder(root, args)
    from ..local.node import NodeConfiguration

    machine = NodeConfiguration(GpuAllocator(gpus), dict(os.environ), current)
    print_message(f"page: sweepjob ui {shown_path(root)}")
    try:
        sources = warm_start_folders(sweep.spec, root)
        config_maps = [body for made in (code, *files) if made for body in made.config_maps()]
        if new:
            check_results(sweep.spec, config_maps)
        if not new and code is not None:
            _check_resumed_code(SweepFolder(root), code)
        return asyncio.run(
            _run(SweepFolder(root), machine, manifest if new else None, config_maps, sources)
        )
    except FolderError as error:
        raise CommandError(str(error)) from None
    except asyncio.CancelledError:
        pass
    print_message(f"interrupted; resume with: sweepjob run --local -f {args.file} --resume")
    return 130


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        message = "the current folder no longer exists; change to another one"
        raise CommandError(message) from None


def _prepare_folder(root: Path, args: argparse.Namespace) -> bool:
    """Check and clear the folder as the flags say; return whether the sweep is new."""
    has_sweep = any((root / "sweepjobs").glob("*.json"))
    if root.exists() and any(root.iterdir()) and not (root / "sweepjobs").is_dir():
        raise CommandError(
            f"{root} is not empty and does not contain a sweep; choose another --folder"
        )
    if args.fresh and has_sweep:
        if is_running(root):
            raise CommandError(f"another process runs the sweep in {root}; end it first")
        remove_folder(root)
        return True
    if has_sweep and not args.resume:
        raise CommandError(f"{root} has a sweep already: --resume resumes it, --fresh deletes it")
    return not has_sweep


def _check_resumed_code(folder: SweepFolder, code: CodeSnapshot) -> None:
    """Say so if the code has changed since the sweep began."""
    began = [(b.get("status") or {}).get("code", "") for b in folder.read("sweepjobs")]
    if began and began[0] != f"sha256:{code.hash}":
        which = began[0][:19] or "none"
        print_message(
            f"note: the sweep continues with its original code ({which}), not with {code.directory} "
            f"(sha256:{code.hash[:12]}); to start again with the new code, use --fresh"
        )


async def _run(
    folder: SweepFolder,
    machine: NodeConfiguration,
    manifest: Mapping[str, Any] | None,
    config_maps: Sequence[Mapping[str, Any]],
    sources: Sequence[SweepFolder],
) -> int:
    """Run the sweep and show its progress; return the exit code."""
    changed = asyncio.Event()
    from ..local.sweep import LocalSweep

    sweep = LocalSweep(folder, machine, changed.set, sources)
    task = asyncio.create_task(sweep.run(manifest, config_maps))
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
    print_result(sweep.sweep, sweep.trials, folder.path / "logs")
    _print_next_steps(sweep.sweep, sweep.trials, folder.path)
    return 0 if done.phase == SweepPhase.COMPLETE else 1


def _print_next_steps(
    body: Mapping[str, Any], trials: Sequence[Mapping[str, Any]], folder: Path
) -> None:
    """Print the best trial, its arguments and outputs, and the commands that show more."""
    sweep, shown = SweepView.of(body), shown_path(folder)
    best = next((t for t in trials if t["metadata"]["name"] == sweep.best), None)
    print_output()
    if best is not None:
        outputs = body["status"]["best"].get("outputs") or {}
        arguments = FORMATTERS["args"](sweep, TrialView.of(best, sweep.goal), outputs)
        value = format_value(sweep.best_value)
        print_output(f"best:    {sweep.best}   {sweep.metric} {value}   {arguments}")
        if outputs:
            print_output(f"outputs: sweepjob download {shown}   ({', '.join(outputs)})")
    if sweep.front_size:
        size = pluralize(sweep.front_size, "trial")
        print_output(f"front:   {size} on the Pareto front: sweepjob best {shown}")
    print_output(f"page:    sweepjob ui {shown}")
    next_command = "explain" if best is not None else "logs"
    trial = sweep.best or next((t["metadata"]["name"] for t in trials), "")
    print_output(f"next:    sweepjob {next_command} {shown}{f'/{trial}' if trial else ''}")


def shown_path(folder: Path) -> str:
    """Return the path of a folder as it is best typed: relative to the current one where it is inside."""
    with contextlib.suppress(ValueError):
        inside = str(folder.relative_to(Path.cwd()))
        return inside if inside.startswith(".") else f"./{inside}"
    return str(folder)


def _screen(sweep: LocalSweep) -> list[str]:
    view = SweepView.of(sweep.sweep)
    return sweep_screen(view, trial_views(sweep.trials, view.goal), time.time())
