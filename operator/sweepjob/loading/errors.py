"""The error of a file that cannot be loaded."""

from __future__ import annotations


class LoadError(Exception):
    """A file cannot be read, or is not what it should be. The message names the file."""
