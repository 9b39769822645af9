"""Reads sweep files (SweepJobs, and sweeps of Azure Machine Learning) and recorded curves."""
