"""``azure.ai.ml.sweep``: the parts of a sweep."""

from ....sdk.arguments import ArgumentError
from ....sdk.expressions import (
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
from ....sdk.job import SweepJob, SweepWarning
from ....sdk.limits import Objective, SweepJobLimits
from ....sdk.policies import (
    AshaPolicy,
    BanditPolicy,
    EarlyTerminationPolicy,
    MedianStoppingPolicy,
    TruncationSelectionPolicy,
    early_termination_policy,
)
from ....sdk.sampling_algorithms import (
    BayesianSamplingAlgorithm,
    GridSamplingAlgorithm,
    RandomSamplingAlgorithm,
    SamplingAlgorithm,
    sampling_algorithm,
)

# Names in Microsoft's documents that its client does not have.
BayesianParameterSampling = BayesianSamplingAlgorithm
GridParameterSampling = GridSamplingAlgorithm
RandomParameterSampling = RandomSamplingAlgorithm

__path__: list[str] = []  # a package in Azure's client; see _missing_modules
__all__ = [
    "ArgumentError",
    "AshaPolicy",
    "BanditPolicy",
    "BayesianParameterSampling",
    "BayesianSamplingAlgorithm",
    "Choice",
    "EarlyTerminationPolicy",
    "GridParameterSampling",
    "GridSamplingAlgorithm",
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
    "RandomParameterSampling",
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
