"""The Job and the pod of a trial: building them, and reading their status. Pure."""
