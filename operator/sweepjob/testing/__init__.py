"""Contract tests for policies and samplers, as pytest classes.

A plug-in of another distribution inherits ``PolicyContract`` or ``SamplerContract`` in its own tests
(``pip install 'sweepjob[testing]'``). They are in the package, as Optuna's are, because a plug-in's tests
run without this repository; nothing else of the package imports them.
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.policies", f"{__name__}.samplers")
