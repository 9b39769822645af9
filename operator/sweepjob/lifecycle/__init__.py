"""Decides what to do about a sweep and its trials: pure functions from a snapshot to actions."""
