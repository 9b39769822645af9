"""Sweeps with the names and arguments of ``azureml.train.hyperdrive``, v1 of Azure's Python client.

``sweepjob.azureml`` has these names by Azure's import paths. This module has those that a short program
needs in one place.

>>> from sweepjob.hyperdrive import *
>>> config = HyperDriveConfig(
...     run_config=ScriptRunConfig(script="train.py", image="registry.example/train:1"),
...     hyperparameter_sampling=RandomParameterSampling(
...         {"--lr": loguniform(-6, -1), "batch": choice(16, 32)}
...     ),
...     policy=BanditPolicy(evaluation_interval=2, slack_factor=0.1),
...     primary_metric_name="accuracy",
...     primary_metric_goal=PrimaryMetricGoal.MAXIMIZE,
...     max_total_runs=20,
... )
>>> config.to_sweep().trial.command
['python', 'train.py', '--batch', '${{search_space.batch}}', '--lr', '${{search_space.lr}}']
"""

from .azureml.core.experiment import Experiment
from .azureml.core.runconfig import (
    MpiConfiguration,
    PyTorchConfiguration,
    TensorflowConfiguration,
)
from .azureml.core.script_run_config import ScriptRunConfig
from .azureml.train.hyperdrive import (
    BanditPolicy,
    BayesianParameterSampling,
    GridParameterSampling,
    HyperDriveConfig,
    HyperDriveRun,
    HyperDriveRunConfig,
    MedianStoppingPolicy,
    NoTerminationPolicy,
    PrimaryMetricGoal,
    RandomParameterSampling,
    TruncationSelectionPolicy,
    choice,
    lognormal,
    loguniform,
    normal,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
)

__all__ = [
    "BanditPolicy",
    "BayesianParameterSampling",
    "Experiment",
    "GridParameterSampling",
    "HyperDriveConfig",
    "HyperDriveRun",
    "HyperDriveRunConfig",
    "MedianStoppingPolicy",
    "MpiConfiguration",
    "NoTerminationPolicy",
    "PrimaryMetricGoal",
    "PyTorchConfiguration",
    "RandomParameterSampling",
    "ScriptRunConfig",
    "TensorflowConfiguration",
    "TruncationSelectionPolicy",
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
]
