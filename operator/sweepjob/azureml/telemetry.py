"""``azureml.telemetry``: nothing is sent."""

from __future__ import annotations

__path__: list[str] = []  # a package in Azure's client; see _missing_modules


def set_diagnostics_collection(send_diagnostics: bool = True, verbosity: object = None) -> None:
    """Do nothing: no diagnostics are sent.

    Args:
        send_diagnostics: Azure's; none are sent.
        verbosity: Azure's; the same.
    """
