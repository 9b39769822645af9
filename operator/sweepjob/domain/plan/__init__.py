"""What to do next about a sweep: a function from a snapshot to actions."""
