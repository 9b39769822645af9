"""``run_local``: runs a sweep as processes on this machine, with the operator's own code."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api.parsing.problem import InvalidSpec
from ..api.sweeptrial.annotations import AnnotationChange
from ..local.unsupported import PAUSED_BY_POLICY_ONLY
from .arguments import ArgumentError, python_message
from .azure_resolution import Resolver
from .current_map import current_map
from .job import SweepJob
from .run import SweepRun
from .sweep_objects import NotFound, SweepError

if TYPE_CHECKING:
    from ..local.folder import SweepFolder
    from ..local.sweep import LocalSweep

_FOLDER = ".sweepjob"


def run_local(
    job: SweepJob,
    *,
    folder: str | Path | None = None,
    wait: bool = True,
    show_output: bool = False,
    fresh: bool = False,
    azure_map: str | Path | None = None,
    resolver: Resolver | None = None,
    source_directory: str | Path | None = None,
) -> SweepRun:
    """Run a sweep on this machine, without a cluster. Trials are processes in the current folder.

    Args:
        job: The sweep.
        folder: Folder of records and logs; ``.sweepjob/NAME`` by default. If it has this sweep, the
            sweep is resumed.
        wait: True to return when the sweep has ended; False to run it in the background.
        show_output: True to show its progress.
        fresh: True to delete the folder's earlier sweep.
        azure_map: Azure map, whose ``local`` paths are used; the current one by default.
        resolver: Resolves Azure names, in place of the map.
        source_directory: Folder with the script. Each trial then runs in a folder of its own with links
            to its files, so that ``./outputs`` and ``./logs`` are kept for each trial, and ``download``
            finds them.

    Returns:
        The sweep.

    Raises:
        ArgumentError: The sweep has errors, or needs what only a cluster has.
        SweepError: A required package is not installed, or the folder has another sweep or other files.
    """
    try:
        from ..local.folder import SweepFolder
        from ..local.sweep import LocalSweep
    except ModuleNotFoundError as error:
        raise SweepError(f"run_local needs {error.name}: pip install 'sweepjob[local]'") from None
    resolver = resolver or Resolver(current_map(azure_map), local=True)
    manifest, config_maps, root, sources = _localize(job, resolver, folder)
    _prepare_folder(root, fresh=fresh)
    sweep_folder = SweepFolder(root)
    before = [body["spec"] for body in sweep_folder.read("sweepjobs")]
    if before and before != [manifest["spec"]]:
        raise SweepError(
            f"{root} has another sweep: fresh=True deletes it; or give another folder= or name"
        )
    name = manifest["metadata"]["name"]
    objects = FolderSweepObjects(sweep_folder, name, _folder_of(source_directory))
    objects.start(LocalSweep, None if before else manifest, config_maps, sources)
    run = SweepRun(objects)
    if wait:
        run.wait_for_completion(show_output, raise_on_error=False)
        objects.join()
    return run


def _localize(
    job: SweepJob, resolver: Resolver, folder: str | Path | None
) -> tuple[dict[str, Any], list[dict[str, Any]], Path, list[SweepFolder]]:
    """Return a sweep as it runs on this machine, its ConfigMaps, its folder, and those it learns from."""
    from ..local.adapt_spec import check_results, localize, warm_start_folders
    from ..local.devices import visible_gpus

    spec = job.validate(resolver)
    try:
        code = job.snapshot(resolver)
        manifest = localize(job.to_manifest(resolver), spec, visible_gpus(), code)
        root = Path(folder or Path(_FOLDER) / manifest["metadata"]["name"]).absolute()
        config_maps = job.config_maps(resolver)
        check_results(spec, config_maps)
        return manifest, config_maps, root, warm_start_folders(spec, root)
    except InvalidSpec as error:
        raise ArgumentError("; ".join(map(python_message, error.problems))) from None


def _prepare_folder(root: Path, *, fresh: bool) -> None:
    """Check the folder of a sweep, and delete an earlier sweep if that is wanted."""
    from ..local.folder import remove_folder

    is_sweep_folder = (root / "sweepjobs").is_dir()
    if root.exists() and any(root.iterdir()) and not is_sweep_folder:
        raise SweepError(f"{root} is not empty and does not contain a sweep; give another folder=")
    if fresh and is_sweep_folder:
        remove_folder(root)


def sweep_folder(name: str) -> SweepFolder:
    """Return the folder of a local sweep, ``.sweepjob/NAME``.

    Args:
        name: Name of the sweep.

    Raises:
        NotFound: there is no such folder.
    """
    from ..local.folder import SweepFolder

    path = (Path(_FOLDER) / name).absolute()
    if not (path / "sweepjobs").is_dir():
        raise NotFound(f"there is no sweep {name} in {path.parent}")
    return SweepFolder(path)


def local_sweeps() -> list[Mapping[str, Any]]:
    """Return the SweepJob objects of all sweeps in ``.sweepjob``, the newest first."""
    found = [body for f in Path(_FOLDER).glob("*/sweepjobs/*.json") if (body := _body(f))]
    return sorted(found, key=lambda body: str(body["metadata"]["creationTimestamp"]), reverse=True)


def _body(file: Path) -> Mapping[str, Any] | None:
    """Return an object; None if another program is writing or deleting its file."""
    try:
        body: Mapping[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return body


class FolderSweepObjects:
    """The objects of a sweep in a folder of this machine, and the thread that runs it."""

    def __init__(self, folder: Any, name: str, source: Path | None = None) -> None:
        self._folder, self._name, self._source = folder, name, source
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweep: Any = None

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        return self._name

    @property
    def namespace(self) -> str:
        """Namespace of the SweepJob; empty on this machine."""
        return ""

    @property
    def page_command(self) -> str:
        """The command that opens the sweep's page."""
        return f"sweepjob ui {self._folder.path}"

    def start(
        self,
        make: type[LocalSweep],
        manifest: Mapping[str, Any] | None,
        config_maps: list[Any],
        sources: list[Any],
    ) -> None:
        """Run the sweep in a thread of its own, since a notebook's thread has an event loop already.

        Args:
            make: the class that runs it.
            manifest: the SweepJob object of a new sweep; None to resume the folder's.
            config_maps: the ConfigMaps with the code of a new sweep.
            sources: folders of the sweeps that this one learns from.
        """
        from ..local.devices import GpuAllocator, visible_gpus
        from ..local.node import NodeConfiguration

        machine = NodeConfiguration(
            GpuAllocator(visible_gpus()),
            dict(os.environ),
            self._source or Path.cwd(),
            has_code=self._source is not None,
        )
        self._sweep = make(self._folder, machine, self._begun.set, sources)

        async def work() -> None:
            self._loop = asyncio.get_running_loop()
            await self._sweep.run(manifest, config_maps)

        def run() -> None:
            try:
                asyncio.run(work())
            except asyncio.CancelledError:
                pass
            except BaseException as error:  # noqa: BLE001 re-raised in the waiting thread
                self._failure = error
            finally:
                self._begun.set()

        self._thread = threading.Thread(target=run, name=f"sweep {self._name}", daemon=True)
        self._thread.start()
        self._begun.wait()

    def join(self) -> None:
        """Wait until all processes of the sweep have ended. Re-raises the error that ended its thread."""
        if self._thread is not None:
            self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def sweep(self) -> Mapping[str, Any]:
        """Return the SweepJob object.

        Raises:
            NotFound: the folder has none.
        """
        self._raise()
        for body in self._folder.read("sweepjobs"):
            found: Mapping[str, Any] = body
            return found
        raise NotFound(f"there is no sweep in {self._folder.path}")

    def trials(self) -> list[Mapping[str, Any]]:
        """Return the SweepTrial objects."""
        return list(self._folder.read("sweeptrials"))

    def cancel(self) -> None:
        """Stop the sweep; the processes of its trials are terminated."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._sweep.stop)

    def change_trial(self, trial: str, change: Mapping[str, Any]) -> None:
        """Refuse to change a trial: only its policy pauses trials on this machine.

        Raises:
            SweepError: always.
        """
        raise SweepError(f"{trial}: {PAUSED_BY_POLICY_ONLY}; cancel() ends the sweep")

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial, also while another process runs its sweep.

        Args:
            trial: name of the trial.
            change: a change that was checked.

        Raises:
            SweepError: the folder cannot be written, or the process that runs the sweep does not answer.
        """
        from ..local.annotation_changes import change_annotations
        from ..local.folder import FolderError

        try:
            change_annotations(self._folder.path, trial, change)
        except FolderError as error:
            raise SweepError(str(error)) from None

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        """Copy a trial's outputs and return the folders that were written.

        Args:
            trial: name of the trial.
            output: name of one output; None for all.
            path: folder to copy them to.

        Raises:
            SweepError: the trial has no such output.
        """
        sources = self._output_folders(trial)
        made = []
        for name, source in sources.items():
            if output in (None, name):
                target = Path(path) / name
                shutil.copytree(source, target, dirs_exist_ok=True)
                made.append(str(target))
        if not made:
            listed = ", ".join(sources) or "none"
            raise SweepError(f"{trial}: no output {output or ''}; there are: {listed}")
        return made

    def _output_folders(self, trial: str) -> dict[str, Path]:
        """Return the folders of a trial's outputs by name, ``./outputs`` and ``./logs`` included."""
        from ..local.working_folder import own_folders

        root = self._folder.path / "outputs"
        found = own_folders(self._folder.path, trial)
        return found | {p.relative_to(root).parts[0]: p for p in sorted(root.rglob(trial))}


def _folder_of(given: str | Path | None) -> Path | None:
    """Return the folder with the script.

    Raises:
        ArgumentError: there is no such folder.
    """
    if given is None:
        return None
    folder = Path(given).absolute()
    if not folder.is_dir():
        raise ArgumentError(f"source_directory: {str(given)!r}: no such folder")
    return folder
