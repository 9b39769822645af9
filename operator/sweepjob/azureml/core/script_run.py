"""``azureml.core.script_run``: the run of a script."""

from __future__ import annotations

from .run import Run as ScriptRun

__all__ = ["ScriptRun"]
