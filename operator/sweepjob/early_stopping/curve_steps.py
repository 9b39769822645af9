"""Matches the reports of a trial that goes on from a checkpoint with those that it made before.

A checkpoint may be older than the last report. The script then makes some reports again, and none of them
counts twice: a report whose step an earlier execution has already reported is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_BEFORE_FIRST = (
    1  # reports before the first step of a trial: it may have step 0, which counts as none
)


@dataclass(frozen=True, slots=True)
class CurveSteps:
    """The steps of a curve.

    Attributes:
        highest: the highest step that was counted; None where no report had a step.
        known: the highest step of earlier executions, when the current one began; None without one.
        first: the step that the trial began with; None where no report had a step, where several reports
            without one came before, or where an operator of an earlier version counted it.
    """

    highest: int | None = None
    known: int | None = None
    first: int | None = None

    def is_repeated(self, step: int | None) -> bool:
        """Return whether an earlier execution has reported a step. A report without one is new.

        Args:
            step: the step of a report; None where the script gave none.
        """
        return step is not None and self.known is not None and step <= self.known

    def begins_again(self, step: int | None) -> bool:
        """Return whether a step is that of the trial's beginning, and an earlier execution came further.

        Args:
            step: the step of a report; None where the script gave none.
        """
        known, first = self.known, self.first
        if step is None or known is None or first is None:
            return False
        return step <= first < known

    def counted(self, step: int | None, before: int) -> CurveSteps:
        """Return the steps with one more report.

        Args:
            step: its step; None where the script gave none.
            before: how many reports came before it.
        """
        if step is None or (self.highest is not None and step <= self.highest):
            return self
        begins = self.highest is None and before <= _BEFORE_FIRST
        return replace(self, highest=step, first=step if begins else self.first)

    def resumed(self) -> CurveSteps:
        """Return the steps for the next execution."""
        return replace(self, known=self.highest)


NO_STEPS = CurveSteps()
