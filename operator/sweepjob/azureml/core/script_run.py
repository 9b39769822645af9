"""``azureml.core.script_run``: the run of a script."""

from __future__ import annotations

from .._other_names import other_names
from .run import Run as ScriptRun

__all__ = ["ScriptRun"]

__getattr__ = other_names(__name__)
