"""The parts of a sweep, with the names and arguments of ``azure.ai.ml.sweep``.

>>> from sweepjob import command
>>> from sweepjob.sweep import BanditPolicy, Choice, LogUniform
>>> job = command(
...     command="python train.py --lr ${{inputs.lr}} --batch ${{inputs.batch}}",
...     image="registry.example/train:1",
...     inputs={"lr": 0.1, "batch": 32},
... )
>>> sweep = job(lr=LogUniform(-6, -1), batch=Choice([16, 32])).sweep(
...     primary_metric="accuracy",
...     goal="Maximize",
...     sampling_algorithm="bayesian",
...     early_termination_policy=BanditPolicy(slack_factor=0.1, evaluation_interval=2),
... )
>>> sweep.set_limits(max_total_trials=20, max_concurrent_trials=4)
>>> print(sweep.to_yaml().splitlines()[1])
kind: SweepJob
"""

from .sdk.arguments import ArgumentError
from .sdk.constraints import Constraint
from .sdk.expressions import (
    Choice,
    LogNormal,
    LogUniform,
    Normal,
    QLogNormal,
    QLogUniform,
    QNormal,
    QUniform,
    Randint,
    Uniform,
)
from .sdk.job import SweepJob, SweepWarning
from .sdk.limits import Objective, SweepJobLimits
from .sdk.policies import (
    AshaPolicy,
    AutoPolicy,
    BanditPolicy,
    EarlyTerminationPolicy,
    ForecastPolicy,
    HyperbandPolicy,
    MedianStoppingPolicy,
    TruncationSelectionPolicy,
    early_termination_policy,
)
from .sdk.sampling_algorithms import (
    BayesianSamplingAlgorithm,
    GridSamplingAlgorithm,
    RandomSamplingAlgorithm,
    SamplingAlgorithm,
    sampling_algorithm,
)

__all__ = [
    "ArgumentError",
    "AshaPolicy",
    "AutoPolicy",
    "BanditPolicy",
    "BayesianSamplingAlgorithm",
    "Choice",
    "Constraint",
    "EarlyTerminationPolicy",
    "ForecastPolicy",
    "GridSamplingAlgorithm",
    "HyperbandPolicy",
    "LogNormal",
    "LogUniform",
    "MedianStoppingPolicy",
    "Normal",
    "Objective",
    "QLogNormal",
    "QLogUniform",
    "QNormal",
    "QUniform",
    "Randint",
    "RandomSamplingAlgorithm",
    "SamplingAlgorithm",
    "SweepJob",
    "SweepJobLimits",
    "SweepWarning",
    "TruncationSelectionPolicy",
    "Uniform",
    "early_termination_policy",
    "sampling_algorithm",
]
