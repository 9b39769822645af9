"""The methods of a run that read its state: for a script, it runs as long as the script does."""

from __future__ import annotations

from typing import Any

from .unused_arguments import unused_arguments

_RUNNING, _COMPLETED = "Running", "Completed"


class StatusMethods:
    """Reads the state of the run of this process."""

    type = "azureml.scriptrun"
    _id: str
    _is_recorded: bool
    _completed = False

    @property
    def status(self) -> str:
        """``Running``, or ``Completed`` after :meth:`complete`."""
        return _COMPLETED if self._completed else _RUNNING

    def get_status(self) -> str:
        """Return the status."""
        return self.status

    def get_details(self) -> dict[str, Any]:
        """Return name and status, in the form of Azure's."""
        return {"runId": self._id, "status": self.status, "runDefinition": {}, "logFiles": {}}

    get_details_with_logs = get_details

    def get_properties(self) -> dict[str, str]:
        """Return no properties."""
        return {}

    @property
    def properties(self) -> dict[str, str]:
        """No properties."""
        return {}

    @unused_arguments(
        harmless="recursive tags properties type status _rehydrate_runs",
        by_position="tags properties type status",
    )
    def get_children(self, recursive: bool = False, **azure: Any) -> list[Any]:
        """Return no runs: what child runs log is kept in the record of this run.

        Args:
            recursive: Azure's; there are no runs.
            azure: Azure's filters.
        """
        return []

    def get_portal_url(self) -> str:
        """Return the command that shows the trial; empty outside of a sweep."""
        return f"kubectl sweepjob explain {self._id}" if self._is_recorded else ""

    @property
    def portal_url(self) -> str:
        """The command that shows the trial."""
        return self.get_portal_url()

    @unused_arguments(harmless="show_output wait_post_processing raise_on_error")
    def wait_for_completion(
        self,
        show_output: bool = False,
        wait_post_processing: bool = False,
        raise_on_error: bool = True,
    ) -> dict[str, Any]:
        """Return the details at once: the run is that of this process.

        Args:
            show_output: Azure's; the run does not end while it is waited for.
            wait_post_processing: The same.
            raise_on_error: The same.
        """
        return self.get_details()
