"""Early stopping: learning curves, rankings at intervals, and the policies that judge them. Pure."""
