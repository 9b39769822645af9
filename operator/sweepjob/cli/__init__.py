"""The ``sweepjob`` program: what a user can find out before spending a GPU-hour."""
