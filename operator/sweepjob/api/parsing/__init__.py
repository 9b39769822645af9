"""Reads values of unknown content and reports each problem with its path."""
