"""Reconciliation as a pure function: a snapshot of a sweep in, actions out."""
