"""Reads sweep files (SweepJobs, and sweeps of other tools), recorded curves, and earlier results."""
