"""Submitted runs: sweeps and their trials, with the methods of Azure's v1 client."""
