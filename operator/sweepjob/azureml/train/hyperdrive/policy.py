"""Early termination policies with v1's order of arguments and v1's defaults."""

from __future__ import annotations

import warnings

from ....sdk import policies
from ....sdk.policies import EarlyTerminationPolicy
from ....training.unused_arguments import level_of_the_program
from ..._other_names import other_names


class BanditPolicy(policies.BanditPolicy):
    """Stops a trial that is too far behind the best one, by a ratio or by an amount.

    Args:
        evaluation_interval: Reports between two evaluations.
        slack_factor: Allowed ratio to the best value. Give either this or ``slack_amount``.
        slack_amount: Allowed difference to the best value.
        delay_evaluation: Reports before the first evaluation.
    """

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
    """Stops a trial whose best value is worse than the median of the other trials' running averages.

    Args:
        evaluation_interval: Reports between two evaluations.
        delay_evaluation: Reports before the first evaluation.
    """

    def __init__(self, evaluation_interval: int = 1, delay_evaluation: int = 0) -> None:
        super().__init__(evaluation_interval=evaluation_interval, delay_evaluation=delay_evaluation)


class TruncationSelectionPolicy(policies.TruncationSelectionPolicy):
    """Stops a percentage of the trials, the worst ones, at each evaluation.

    Args:
        truncation_percentage: Percentage of trials to stop, 1 to 99.
        evaluation_interval: Reports between two evaluations.
        delay_evaluation: Reports before the first evaluation.
        exclude_finished_jobs: Ignored, with a warning: finished trials are part of the ranking, as in
            Azure, whose client always sends false.
    """

    def __init__(
        self,
        truncation_percentage: int,
        evaluation_interval: int = 1,
        delay_evaluation: int = 0,
        exclude_finished_jobs: bool = False,
    ) -> None:
        if exclude_finished_jobs:
            warnings.warn(
                "TruncationSelectionPolicy: exclude_finished_jobs: finished trials are part of the "
                "ranking, as in Azure, whose client always sends false",
                stacklevel=level_of_the_program(),
            )
        super().__init__(
            truncation_percentage=truncation_percentage,
            evaluation_interval=evaluation_interval,
            delay_evaluation=delay_evaluation,
        )


class NoTerminationPolicy:
    """No early termination: each trial runs to its end."""


__all__ = [
    "BanditPolicy",
    "EarlyTerminationPolicy",
    "MedianStoppingPolicy",
    "NoTerminationPolicy",
    "TruncationSelectionPolicy",
]

__getattr__ = other_names(__name__)
