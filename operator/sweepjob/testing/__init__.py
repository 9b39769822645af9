"""The contracts that every policy and every sampler has to fulfil, as test suites for pytest.

A plug-in of another distribution inherits ``PolicyContract`` or ``SamplerContract`` in its own tests
(``pip install 'sweepjob[testing]'``). They are in the package, as Optuna's are, because a plug-in's tests
run without this repository; nothing else of the package imports them.
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.policies", f"{__name__}.samplers")
