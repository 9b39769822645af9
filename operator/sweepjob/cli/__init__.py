"""The ``sweepjob`` program: what a user can find out before spending a GPU-hour."""

import os

# As in the operator's image: threads of BLAS gain nothing on matrices of this size. It has to be said
# before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
