"""``azure.ai.ml.sweep``: the names of ``sweepjob.sweep``, and three more."""

from .... import sweep as _sweep
from ....sweep import *  # noqa: F403 all of its public names, whichever they are

# Names in Microsoft's documents that its client does not have.
BayesianParameterSampling = _sweep.BayesianSamplingAlgorithm
GridParameterSampling = _sweep.GridSamplingAlgorithm
RandomParameterSampling = _sweep.RandomSamplingAlgorithm

__path__: list[str] = []  # a package in Azure's client; see _missing_modules
__all__ = ["BayesianParameterSampling", "GridParameterSampling", "RandomParameterSampling"]
__all__ += _sweep.__all__
