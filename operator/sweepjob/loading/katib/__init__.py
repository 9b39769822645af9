"""Converts Katib's Experiments (kubeflow.org/v1beta1) to SweepJobs."""

from .experiment import convert_experiment, is_experiment

__all__ = ["convert_experiment", "is_experiment"]
