"""Outputs of a sweep step: the metrics of all trials as JSON, or files of the best trial."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...training.unused_arguments import unused_arguments

_METRICS = "metrics"


class StepOutput:
    """An output of a sweep step, which can be downloaded.

    Args:
        run: The sweep.
        name: Name of the output.
        kind: ``Metrics`` or ``Model``.
        model_file: File of the best trial; all files by default.
    """

    def __init__(self, run: Any, name: str, kind: str, model_file: str | None) -> None:
        self._run, self.name = run, name
        self._is_metrics, self._file = kind.lower() == _METRICS, model_file
        # Programs join it with the folder that they have downloaded to.
        self._path_on_datastore = name

    @unused_arguments(
        {"overwrite": "files are replaced; give another local_path"},
        harmless="show_progress timeout",
        defaults={"overwrite": True},
    )
    def download(
        self,
        local_path: str | None = None,
        overwrite: bool | None = None,
        show_progress: bool | None = None,
        timeout: int | None = None,
    ) -> int:
        """Write the metrics to the file NAME of a folder, or the files to this folder.

        Args:
            local_path: The folder; the current one by default.
            overwrite: Azure's; files are replaced, with a warning for False.
            show_progress: Azure's; no progress is shown.
            timeout: Azure's; see ``wait_for_completion``.

        Returns:
            The number of files.
        """
        folder = Path(local_path or ".")
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / self.name
        if self._is_metrics:
            target.write_text(json.dumps(_lists(self._run.get_metrics())), encoding="utf-8")
            return 1
        best = self._run.get_best_run_by_primary_metric()
        if self._file is not None:
            best.download_file(self._file, str(target))
            return 1
        best.download_files(output_directory=str(target))
        return sum(1 for file in target.rglob("*") if file.is_file())

    def get_port_data_reference(self) -> StepOutput:
        """Return the output itself."""
        return self


def _lists(metrics: dict[str, dict[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    """Return all values as lists, as in Azure's file."""
    return {
        run: {name: value if isinstance(value, list) else [value] for name, value in found.items()}
        for run, found in metrics.items()
    }
