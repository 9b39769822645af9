"""Early stopping: learning curves, rankings at intervals, and policies. Pure functions of their input."""
