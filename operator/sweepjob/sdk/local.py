"""``run_local``: a sweep as processes of this machine, with the operator's own decisions."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api.problem import InvalidSpec
from .arguments import ArgumentError, spelled
from .job import SweepJob
from .records import NotFound, SweepError
from .run import SweepRun

if TYPE_CHECKING:
    from ..local.sweep import LocalSweep


def run_local(
    job: SweepJob,
    *,
    folder: str | Path | None = None,
    wait: bool = True,
    show_output: bool = False,
    fresh: bool = False,
) -> SweepRun:
    """Run a sweep here, without a cluster: trials are processes, in the current folder.

    Args:
        folder: of records and logs; ``.sweepjob/NAME`` if it is not given. One that has this sweep
            already is gone on with.
        wait: until the sweep has ended; otherwise it goes on in the background.
        show_output: show how it stands meanwhile.
        fresh: forget what the folder has.

    Raises:
        ArgumentError: the sweep has mistakes, or needs what only a cluster has.
        SweepError: what it needs is not installed, or the folder has something else.
    """
    try:
        from ..local.devices import visible
        from ..local.folder import Folder
        from ..local.localize import localized, sources_of
        from ..local.sweep import LocalSweep
    except ModuleNotFoundError as error:
        raise SweepError(f"run_local needs {error.name}: pip install 'sweepjob[local]'") from None
    spec = job.validate()
    try:
        manifest = localized(job.to_manifest(), spec, visible())
        root = Path(folder or Path(".sweepjob") / manifest["metadata"]["name"]).absolute()
        sources = sources_of(spec, root)
    except InvalidSpec as error:
        raise ArgumentError("; ".join(map(spelled, error.problems))) from None
    there = (root / "sweepjobs").is_dir()
    if root.exists() and any(root.iterdir()) and not there:
        raise SweepError(f"{root} is not empty, and no folder of a sweep; give another folder=")
    if fresh and there:
        shutil.rmtree(root)
        there = False
    kept = Folder(root)
    before = [body["spec"] for body in kept.read("sweepjobs")]
    if before and before != [manifest["spec"]]:
        raise SweepError(
            f"{root} has another sweep: fresh=True forgets it; or give another folder= or name"
        )
    records = FolderRecords(kept, manifest["metadata"]["name"])
    records.start(LocalSweep, None if before else manifest, sources)
    run = SweepRun(records)
    if wait:
        run.wait_for_completion(show_output, raise_on_error=False)
        records.join()
    return run


class FolderRecords:
    """The records of a sweep in a folder of this machine, and the thread that runs it."""

    def __init__(self, folder: Any, name: str) -> None:
        self._folder, self._name = folder, name
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweep: Any = None

    @property
    def name(self) -> str:
        return self._name

    def start(
        self, make: type[LocalSweep], manifest: Mapping[str, Any] | None, sources: list[Any]
    ) -> None:
        """Run the sweep in a thread of its own: a notebook's has an event loop already."""
        from ..local.devices import Devices, visible
        from ..local.node import Machine

        machine = Machine(Devices(visible()), dict(os.environ), Path.cwd())
        self._sweep = make(self._folder, machine, self._begun.set, sources)

        async def work() -> None:
            self._loop = asyncio.get_running_loop()
            await self._sweep.run(manifest)

        def run() -> None:
            try:
                asyncio.run(work())
            except asyncio.CancelledError:
                pass
            except BaseException as error:  # noqa: BLE001 told to whoever waits
                self._failure = error
            finally:
                self._begun.set()

        self._thread = threading.Thread(target=run, name=f"sweep {self._name}", daemon=True)
        self._thread.start()
        self._begun.wait()

    def join(self) -> None:
        """Wait until everything of the sweep is gone from this machine.

        Raises whatever has ended it otherwise.
        """
        if self._thread is not None:
            self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def sweep(self) -> Mapping[str, Any]:
        self._raise()
        for body in self._folder.read("sweepjobs"):
            found: Mapping[str, Any] = body
            return found
        raise NotFound(f"there is no sweep in {self._folder.path}")

    def trials(self) -> list[Mapping[str, Any]]:
        return list(self._folder.read("sweeptrials"))

    def cancel(self) -> None:
        """End the sweep with what it has found: its trials' processes are ended."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._sweep.stop)

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        """Copy a trial's outputs."""
        made = []
        root = self._folder.path / "outputs"
        for source in sorted(root.rglob(trial)):
            name = source.relative_to(root).parts[0]
            if output in (None, name):
                target = Path(path) / name
                shutil.copytree(source, target, dirs_exist_ok=True)
                made.append(str(target))
        if not made:
            raise SweepError(f"{trial} has no output {output or ''} in {self._folder.path}")
        return made
