"""Resolves a trial's template: references, quoting for shells, escaping for the kubelet. Pure."""
