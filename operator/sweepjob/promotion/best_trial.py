"""The trial to promote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..api.spec.sweep_spec import SweepSpec
from ..api.spec_parser import parse_sweepjob
from ..read_model.sweep_view import SweepView
from .errors import PromotionError


@dataclass(frozen=True, slots=True)
class BestTrial:
    """The best trial of a sweep.

    Attributes:
        body: the SweepJob object.
        sweep: its view.
        spec: its parsed spec.
    """

    body: Mapping[str, Any]
    sweep: SweepView
    spec: SweepSpec

    @property
    def uid(self) -> str:
        """Uid of the SweepJob."""
        return str(self.body["metadata"]["uid"])

    @property
    def name(self) -> str:
        """Name of the trial."""
        return self.sweep.best

    @property
    def value(self) -> str:
        """Its value as the status has it."""
        return str(self.body["status"]["best"]["value"])


def best_trial(body: Mapping[str, Any], *, now: bool) -> BestTrial:
    """Return the trial to promote.

    Args:
        body: the SweepJob object.
        now: promote although the sweep has not ended.

    Raises:
        PromotionError: the sweep runs, or no trial has a value.
        InvalidSpec: the spec is invalid.
    """
    sweep = SweepView.of(body)
    if not sweep.has_ended and not now:
        raise PromotionError(
            f"{sweep.name} is {sweep.phase}: a later trial may be better. Wait for its end: kubectl wait "
            f"--for=condition=Complete sweepjob/{sweep.name} --timeout=-1s; or promote the best trial so "
            "far: --now"
        )
    if not sweep.best:
        raise PromotionError(f"no trial of {sweep.name} has reported {sweep.metric}")
    return BestTrial(body, sweep, parse_sweepjob(body))
