"""The Python SDK: defines, submits, watches and reads sweeps.

The public names are in ``sweepjob``, ``sweepjob.sweep`` and ``sweepjob.hyperdrive``.
"""
