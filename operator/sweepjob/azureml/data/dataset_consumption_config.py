"""``DatasetConsumptionConfig``: a dataset as a named input of a trial."""

from __future__ import annotations

import copy
import re
from typing import Any

from ...training.unused_arguments import unused_arguments

# Why an argument about the path on the compute target has no effect.
MOUNT_PATH = "the Azure map says where the data are mounted: mountPath of its entry"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class DatasetConsumptionConfig:
    """A dataset as an input of a trial.

    Args:
        name: Name of the input.
        dataset: The dataset.
        mode: ``direct``, ``mount`` or ``download``. The data are mounted, whatever the mode.
        path_on_compute: Azure's; not used, with a warning.
    """

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def __init__(
        self, name: str, dataset: Any, mode: str = "direct", path_on_compute: str | None = None
    ) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"as_named_input({name!r}): must have letters, digits and _ only, and no digit first"
            )
        self.name, self.dataset, self.mode = name, dataset, mode

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_mount(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the same input, mounted.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return self._with_mode("mount")

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_download(self, path_on_compute: str | None = None) -> DatasetConsumptionConfig:
        """Return the same input; it is mounted as well.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return self._with_mode("download")

    def as_direct(self) -> DatasetConsumptionConfig:
        """Return the same input in direct mode."""
        return self._with_mode("direct")

    def _with_mode(self, mode: str) -> DatasetConsumptionConfig:
        made = copy.copy(self)
        made.mode = mode
        return made

    @property
    def input_name(self) -> str:
        """Name of the input."""
        return self.name

    @property
    def references(self) -> tuple[str, ...]:
        """What the data are, in Azure's terms."""
        found: tuple[str, ...] = self.dataset.references
        return found
