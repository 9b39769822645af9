"""Plans the next actions for a sweep and its trials: pure functions from a snapshot to actions."""
