"""Finds metrics in the lines of a container's log. Pure."""
