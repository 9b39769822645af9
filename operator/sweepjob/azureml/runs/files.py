"""The files of a submitted trial, fetched from its outputs."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

from ...sdk.sweep_objects import SweepError, SweepObjects
from ...training.environment import FOLDERS
from ...training.run_files import RunFiles
from ..exceptions import UserErrorException


class FetchedFiles:
    """The files of a trial, fetched once it has ended, and anew at each use before.

    Args:
        objects: The sweep.
        trial: Name of the trial.
    """

    def __init__(self, objects: SweepObjects, trial: str) -> None:
        self._objects, self._trial = objects, trial
        self._folder: Path | None = None
        self._is_final = False

    def fetch(self, is_finished: bool) -> RunFiles:
        """Return the files.

        Args:
            is_finished: Whether the trial has ended.

        Raises:
            UserErrorException: The outputs of the trial are not kept; the message says how to keep them.
        """
        if self._folder is None or not self._is_final:
            folder = Path(tempfile.mkdtemp(prefix=f"{self._trial}-"))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._download(folder)
            self._folder, self._is_final = folder, is_finished
        root = self._folder
        return RunFiles({name: root / name for name in FOLDERS})

    def _download(self, folder: Path) -> None:
        failures = []
        for name in FOLDERS:
            try:
                self._objects.download(self._trial, name, str(folder))
            except SweepError as error:
                failures.append(str(error))
        if len(failures) == len(FOLDERS):
            raise UserErrorException(
                f"{failures[0]}. ./outputs and ./logs of a trial are kept if the Azure map has code: "
                "(where the script is) and the datastore workspaceblobstore with a claim or a volume"
            )
