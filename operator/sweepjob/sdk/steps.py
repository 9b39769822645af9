"""Steps of pipelines: what a pipeline's function makes, and how steps give outputs to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WATCHING: list[list[Any]] = []  # the steps of the pipeline functions that are being called


class Step:
    """Something that can be a step of a pipeline."""

    _step_name = ""
    _pipeline: Any = None

    @property
    def step_name(self) -> str:
        """Name of the step in its pipeline."""
        return self._step_name or str(getattr(self, "name", None) or "step")

    @step_name.setter
    def step_name(self, name: str) -> None:
        self._step_name = name

    @property
    def pipeline(self) -> Any:
        """The pipeline that it is a step of; None outside of one."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Any) -> None:
        self._pipeline = pipeline


def record_step(step: Step) -> None:
    """Add a step to the pipeline whose function is being called, if there is one."""
    if _WATCHING:
        _WATCHING[-1].append(step)


@contextmanager
def watch_steps(steps: list[Any]) -> Iterator[None]:
    """Collect the steps that are made inside of the context.

    Args:
        steps: receives them.
    """
    _WATCHING.append(steps)
    try:
        yield
    finally:
        _WATCHING.pop()
