"""Which objects the tests on the cluster read without starting a kubectl."""

from __future__ import annotations

import pytest

from tests.cluster.reader import request_path

SWEEPS = "/apis/sweepjob.dev/v1alpha1/namespaces/team/sweepjobs"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (("-n", "team", "sweepjob", "a"), f"{SWEEPS}/a"),
        (("sweepjob", "a", "-n", "team"), f"{SWEEPS}/a"),
        (("-n", "team", "sweepjobs"), SWEEPS),
        (("pods",), "/api/v1/namespaces/default/pods"),
        (("pods", "-A", "-l", "a/b=c"), "/api/v1/pods?labelSelector=a%2Fb%3Dc"),
        (("-n", "x", "pods", "-l", "!a"), "/api/v1/namespaces/x/pods?labelSelector=%21a"),
        (("events", "--field-selector=reason=X"), "/api/v1/namespaces/default/events?fieldSelector=reason%3DX"),
        (("events", "--field-selector", "a=b"), "/api/v1/namespaces/default/events?fieldSelector=a%3Db"),
        (("job", "a"), "/apis/batch/v1/namespaces/default/jobs/a"),
    ],
)  # fmt: skip
def test_what_is_read_directly(arguments: tuple[str, ...], path: str) -> None:
    assert request_path(arguments) == path


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweepjobs,pods",),
        ("nodes",),
        ("sweepjob", "a", "--show-managed-fields"),
        ("pods", "--show-labels"),
        ("pods", "a", "b"),
        ("pod/a",),
        (),
    ],
)
def test_what_takes_a_kubectl(arguments: tuple[str, ...]) -> None:
    assert request_path(arguments) is None
