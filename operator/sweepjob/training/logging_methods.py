"""The methods of a run that log metrics, tables, images and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .environment import TrialEnvironment
from .record import logged_metrics, logged_tags
from .reporting import Reporter, print_message, write_line
from .run_files import RunFiles
from .unused_arguments import unused_arguments


class LoggingMethods:
    """Logs what a sweep counts, and keeps all of it in the record of the trial."""

    _environment: TrialEnvironment
    _files: RunFiles
    _reporter: Reporter
    _attempt: int
    _is_recorded: bool

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Log a value of a metric. If it is the primary metric, it is a report.

        Args:
            name: Name of the metric.
            value: A number; a text is kept, and never a report.
            description: Azure's text, which is not kept.
            step: Step; counted by default.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            self._emit("scalar", name, str(value))
            return
        self._reporter.report(name, number, step)
        self._record("scalar", name, number)

    def log_list(self, name: str, value: Iterable[Any], description: str = "") -> None:
        """Log several values of a metric, in their order.

        Args:
            name: Name of the metric.
            value: The values.
            description: Azure's text, which is not kept.
        """
        for one in value:
            self.log(name, one)

    def log_row(self, name: str, description: str | None = None, **columns: Any) -> None:
        """Log a row of a table. A row is never a report.

        Args:
            name: Name of the table.
            description: Azure's text, which is not kept.
            columns: Values by column.
        """
        self._emit("row", name, {key: _plain(value) for key, value in columns.items()})

    def log_table(self, name: str, value: Mapping[str, Any], description: str = "") -> None:
        """Log a table. A table is never a report.

        Args:
            name: Name of the table.
            value: A value, or a list of values, by column.
            description: Azure's text, which is not kept.
        """
        self._emit("table", name, {key: _plain(cells) for key, cells in dict(value).items()})

    def log_image(
        self, name: str, path: str | None = None, plot: Any = None, description: str = ""
    ) -> None:
        """Keep an image.

        Args:
            name: Name of the image, which is also its file's, with ``.png`` unless it has a suffix.
            path: File of the image.
            plot: ``matplotlib.pyplot``, or a figure, whose ``savefig`` is called. Give either.
            description: Azure's text, which is not kept.

        Raises:
            ValueError: Not exactly one of ``path`` and ``plot`` is given.
        """
        if (path is None) == (plot is None):
            raise ValueError("log_image: give exactly one of path and plot")
        suffix = Path(path or "").suffix or ".png"
        file = name if Path(name).suffix else f"{name}{suffix}"
        if path is not None:
            self._files.save(file, path)
        else:
            target = self._files.path(file)
            target.parent.mkdir(parents=True, exist_ok=True)
            plot.savefig(str(target))
        self._record("image", name, file)

    def log_confusion_matrix(self, name: str, value: Any, description: str = "") -> None:
        """Keep a confusion matrix; see ``log_table``."""
        self._emit("document", name, value)

    def log_accuracy_table(self, name: str, value: Any, description: str = "") -> None:
        """Keep an accuracy table; see ``log_table``."""
        self._emit("document", name, value)

    def log_residuals(self, name: str, value: Any, description: str = "") -> None:
        """Keep residuals; see ``log_table``."""
        self._emit("document", name, value)

    def log_predictions(self, name: str, value: Any, description: str = "") -> None:
        """Keep predictions; see ``log_table``."""
        self._emit("document", name, value)

    @unused_arguments(
        harmless="recursive run_type populate",
        by_position="recursive run_type populate",
    )
    def get_metrics(self, name: str | None = None, **azure: Any) -> dict[str, Any]:
        """Return what this run has logged so far, by metric name.

        Args:
            name: Name of one metric; all by default.
            azure: Azure's ``recursive``, ``run_type`` and ``populate``.
        """
        found = logged_metrics(self._files.entries())
        return found if name is None else {k: v for k, v in found.items() if k == name}

    def tag(self, key: str, value: Any = None) -> None:
        """Set a tag.

        Args:
            key: Name of the tag.
            value: Its value.
        """
        self._emit("tag", key, value)

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        """Set tags.

        Args:
            tags: Values by name.
        """
        for key, value in tags.items():
            self.tag(key, value)

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Set properties, which are kept as tags.

        Args:
            properties: Values by name.
        """
        self.set_tags(properties)

    def get_tags(self) -> dict[str, Any]:
        """Return the tags."""
        return logged_tags(self._files.entries())

    def _emit(self, kind: str, name: str, value: Any) -> None:
        if not self._environment.trial:
            write_line(f"Attempted to log {kind} metric {name}:\n{value}")
        self._record(kind, name, value)

    def _record(self, kind: str, name: str, value: Any) -> None:
        """Keep an entry of the record. Where nothing can be written, that is said once."""
        if not self._is_recorded:
            return
        try:
            self._files.append(
                {"kind": kind, "name": name, "value": value, "attempt": self._attempt}
            )
        except OSError as error:
            self._is_recorded = False
            print_message(f"what this run logs is reported, but not kept in outputs: {error}")


def _plain(value: Any) -> Any:
    """Return a column as a list, for arrays and series."""
    return value.tolist() if hasattr(value, "tolist") else value
