"""Sweeps in Python: defined, submitted, watched and read.

The public names are in ``sweepjob``, ``sweepjob.sweep`` and ``sweepjob.hyperdrive``.
"""
