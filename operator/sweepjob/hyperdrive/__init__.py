"""Sweeps with the names and arguments of ``azureml.train.hyperdrive``, v1 of Azure's Python client.

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
['python', 'train.py', '--lr', '${{search_space.lr}}', '--batch', '${{search_space.batch}}']
"""

from .config import HyperDriveConfig, HyperDriveRunConfig, PrimaryMetricGoal, ScriptRunConfig
from .experiment import Experiment, HyperDriveRun
from .expressions import (
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
from .policies import (
    BanditPolicy,
    MedianStoppingPolicy,
    NoTerminationPolicy,
    TruncationSelectionPolicy,
)
from .sampling import BayesianParameterSampling, GridParameterSampling, RandomParameterSampling

__all__ = [
    "BanditPolicy",
    "BayesianParameterSampling",
    "Experiment",
    "GridParameterSampling",
    "HyperDriveConfig",
    "HyperDriveRun",
    "HyperDriveRunConfig",
    "MedianStoppingPolicy",
    "NoTerminationPolicy",
    "PrimaryMetricGoal",
    "RandomParameterSampling",
    "ScriptRunConfig",
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
