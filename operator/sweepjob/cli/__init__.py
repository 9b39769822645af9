"""The ``sweepjob`` program, also available as ``kubectl sweepjob``."""

import os

# As in the operator's image: threads of BLAS do not speed up matrices of this size. The variable must be
# set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
