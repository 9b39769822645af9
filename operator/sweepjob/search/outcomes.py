"""What the trials of a sweep report to its sampler: how many objectives and constraints."""

from __future__ import annotations

from dataclasses import dataclass

# Bounded: the volume that a set of trials dominates takes long to compute for more.
MAX_OBJECTIVES = 4


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The objectives and constraints of a sweep, as a sampler sees them.

    The sampler needs neither names nor goals: scores are larger the better, and a constraint is met
    by a value of at most 0.

    Attributes:
        objectives: the number of objectives.
        constraints: the number of constraints.
        references: for each objective, the score that a trial has to exceed to be of use; None where
            the user gives none. Empty is the same as None for each.
    """

    objectives: int = 1
    constraints: int = 0
    references: tuple[float | None, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.objectives <= MAX_OBJECTIVES:
            raise ValueError(f"{self.objectives} objectives; 1 to {MAX_OBJECTIVES} are possible")
        if self.constraints < 0:
            raise ValueError(f"{self.constraints} constraints; 0 or more are possible")
        if len(self.references) not in (0, self.objectives):
            raise ValueError(
                f"{len(self.references)} references for {self.objectives} objectives; "
                "give one for each, or none"
            )

    @property
    def is_single(self) -> bool:
        """Whether there is one objective and no constraint."""
        return self.objectives == 1 and not self.constraints


SINGLE_OBJECTIVE = Outcomes()
