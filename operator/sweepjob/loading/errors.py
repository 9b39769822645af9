"""The error of a file that cannot be loaded."""

from __future__ import annotations


class LoadError(Exception):
    """A file cannot be read, or has the wrong content. The message names the file."""
