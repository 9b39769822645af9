"""Settings for all tests."""

from hypothesis import HealthCheck, settings

# No deadline: a busy machine is no bug. The same examples every time: a red run can be repeated.
# Contract suites run the same property on several subclasses, which is what they are for.
settings.register_profile(
    "project",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
settings.load_profile("project")
