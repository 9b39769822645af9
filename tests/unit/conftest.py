"""Virtual time for tests that wait: no machine is too slow for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.fake_api.virtual_time import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    virtual = item.get_closest_marker("virtual_time") is not None
    return {"virtual": VirtualTimeLoop} if virtual else {"real": asyncio.new_event_loop}
