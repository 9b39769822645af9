"""Virtual time for tests that wait: no machine is too slow for them. And silence for those that provoke errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.fake_api.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    virtual = item.get_closest_marker("virtual_time") is not None
    return {"virtual": VirtualTimeLoop} if virtual else {"real": asyncio.new_event_loop}


@pytest.fixture
def quiet_logs() -> Iterator[None]:
    """Discard the operator's log: of tests that kill it, or break its connections, it has thousands of lines."""
    from tests.fake_api.harness import quiet  # imports the operator, which few tests need

    with quiet():
        yield
