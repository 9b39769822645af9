"""What a trusted proxy may claim, and how many streams a viewer may have."""

from __future__ import annotations

import logging
from contextlib import ExitStack

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from sweepjob.dashboard.access import RequestRejected, Viewer
from sweepjob.dashboard.cluster_access import ClusterAccess
from sweepjob.dashboard.server import _version
from sweepjob.dashboard.stream_limits import StreamLimits
from sweepjob.kube.client import KubeClient


class Unasked(KubeClient):
    """A fake that must not be asked: a proxy has said who it is."""

    def __init__(self) -> None:
        pass


def asked(*headers: tuple[str, str]) -> object:
    return make_mocked_request("GET", "/", CIMultiDict(headers))


ACCESS = ClusterAccess(Unasked(), "X-User", "X-Groups")


@pytest.mark.parametrize(
    "groups",
    [
        [("X-Groups", "system:masters,ml")],
        [("X-Groups", "ml, system:masters")],
        [("X-Groups", "ml"), ("X-Groups", "system:masters")],
        [("X-Groups", "system:nodes,system:serviceaccounts,ml")],
    ],
)
async def test_system_groups_are_dropped(
    groups: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        viewer = await ACCESS.authenticate(asked(("X-User", "ann"), *groups))  # type: ignore[arg-type]  # a mocked request
    assert viewer == Viewer("ann", ("ml", "system:authenticated"))
    assert "are ignored" in caplog.text


@pytest.mark.parametrize(
    "user", ["system:admin", "system:kube-controller-manager", "system:node:a"]
)
async def test_system_users_are_refused(user: str) -> None:
    with pytest.raises(RequestRejected, match="not taken from a proxy"):
        await ACCESS.authenticate(asked(("X-User", user)))  # type: ignore[arg-type]  # a mocked request


def test_streams_of_a_viewer_are_bounded() -> None:
    limits = StreamLimits(per_viewer=2, total=3)
    ann, bob = Viewer("ann"), Viewer("bob")
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(limits.reserve(ann))
        with (
            pytest.raises(RequestRejected, match="2 pages of ann are open") as refused,
            limits.reserve(ann),
        ):
            pass
        assert refused.value.status == 429
        stack.enter_context(limits.reserve(bob))
        with pytest.raises(RequestRejected, match="3 pages are open"), limits.reserve(bob):
            pass
    with limits.reserve(ann), limits.reserve(ann):
        assert limits._open == {"ann": 2}, "closed ones are forgotten"


@pytest.mark.parametrize(
    ("text", "version"), [("7", 7), ("", 0), ("x", 0), ("-1", 0), ("9" * 5000, 0), ("\xb2", 0)]
)
def test_any_version_of_a_viewer_is_read(text: str, version: int) -> None:
    assert _version(text) == version
