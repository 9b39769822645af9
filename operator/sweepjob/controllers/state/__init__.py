"""The state of active sweeps and their trials in memory, and the stores that alone change it."""
