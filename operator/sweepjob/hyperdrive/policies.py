"""v1's policies: v2's, with v1's order of arguments and defaults."""

from __future__ import annotations

from ..sdk import policies
from ..sdk.arguments import ArgumentError


class BanditPolicy(policies.BanditPolicy):
    """Stops a trial that is too far behind the best."""

    def __init__(
        self,
        evaluation_interval: int = 1,
        slack_factor: float | None = None,
        slack_amount: float | None = None,
        delay_evaluation: int = 0,
    ) -> None:
        super().__init__(
            evaluation_interval=evaluation_interval,
            slack_factor=slack_factor,
            slack_amount=slack_amount,
            delay_evaluation=delay_evaluation,
        )


class MedianStoppingPolicy(policies.MedianStoppingPolicy):
    """Stops a trial whose best is worse than the median of the others' averages."""

    def __init__(self, evaluation_interval: int = 1, delay_evaluation: int = 0) -> None:
        super().__init__(evaluation_interval=evaluation_interval, delay_evaluation=delay_evaluation)


class TruncationSelectionPolicy(policies.TruncationSelectionPolicy):
    """Stops the lowest share of trials."""

    def __init__(
        self,
        truncation_percentage: int,
        evaluation_interval: int = 1,
        delay_evaluation: int = 0,
        exclude_finished_jobs: bool = False,
    ) -> None:
        if exclude_finished_jobs:
            raise ArgumentError(
                "TruncationSelectionPolicy: exclude_finished_jobs: finished trials take part in the "
                "ranking, as in Azure, whose client sends false whatever is given; remove it"
            )
        super().__init__(
            truncation_percentage=truncation_percentage,
            evaluation_interval=evaluation_interval,
            delay_evaluation=delay_evaluation,
        )


class NoTerminationPolicy:
    """Every trial runs to its end."""
