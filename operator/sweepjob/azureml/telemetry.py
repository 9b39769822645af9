"""``azureml.telemetry``: nothing is sent."""

from __future__ import annotations


def set_diagnostics_collection(send_diagnostics: bool = True, verbosity: object = None) -> None:
    """Do nothing: no diagnostics are sent.

    Args:
        send_diagnostics: Azure's; ignored.
        verbosity: Azure's; ignored.
    """
