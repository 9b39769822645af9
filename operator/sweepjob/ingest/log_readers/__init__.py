"""Reads metrics from the logs of pods."""
