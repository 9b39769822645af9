"""Settings for all tests."""

import os
import signal
import sys

# As in the operator: threads of BLAS gain nothing on small matrices and fight each other. It has to
# be said before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

# Where Python is told to write no compiled modules, each of the hundreds of programs that the tests start
# would compile all that it imports: two seconds for a sweep on this machine, three for MLflow's client.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell without job control lets what it starts in the background ignore Ctrl-C, and so all that the tests
# start; some of them press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: a busy machine is no bug. The same examples every time: a red run can be repeated.
# Contract suites run the same property on several subclasses, which is what they are for.
settings.register_profile(
    "project",
    deadline=None,
    derandomize=True,
    max_examples=int(os.environ.get("SWEEPJOB_EXAMPLES", "100")),
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
settings.load_profile("project")
