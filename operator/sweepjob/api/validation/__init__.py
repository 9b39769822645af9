"""Checks that span several fields of a spec, and warnings about valid specs."""
