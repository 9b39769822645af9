"""Early-termination policies. One policy a module."""
