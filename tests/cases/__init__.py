"""Sweeps that have broken something once, each with what must come out: ``python -m tests.cases``.

A case is a folder: ``sweep.yaml``, the scripts that it runs, and ``expect.yaml``. The runner copies the
folder, runs ``sweepjob run --local`` in the copy, and compares. ``expect.yaml`` has

- ``about``: what the case is, and what must come out;
- ``environments``: whose programs the sweep finds, one run for each, and of variants for the first only
  (``plain``: the Python that runs this; the others are in ``environments.py``);
- ``server``: a tracking server of the user's own is there; its address stands for SERVER in the sweep.
  ``authorization`` is the ``user:password`` that it asks for;
- ``script``: instead of a sweep, a script of Python that must exit with 0;
- ``extra``: run by ``make cases`` only, not by the unit tests;
- what must come out: ``expectation.py``;
- ``variants``: further inputs of the same kind, by name. ``spec`` is merged into the sweep's, ``files``
  are written into the folder, and anything else replaces what the case expects. With
  ``only_variants`` the case itself is not run.
"""
