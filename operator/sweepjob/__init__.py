"""Hyperparameter sweeps on Kubernetes, with the semantics of Azure Machine Learning's sweep."""

__version__ = "0.1.0"
