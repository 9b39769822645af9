"""The real API server keeps the contract that the operator relies on, and that its fake has to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sweepjob.controller import gateway
from sweepjob.controller.gateway import Gateway

from tests.contracts.api_server import ApiServerContract

from .sweeps import Sweeps


class TestRealApiServer(ApiServerContract):
    @pytest.fixture
    async def api(self, sweeps: Sweeps) -> AsyncIterator[Gateway]:
        api = await gateway.connect(strict_tls=True, kubeconfig=str(sweeps.target.kubeconfig))
        yield api
        await api.close()

    @pytest.fixture
    def namespace(self, sweeps: Sweeps) -> str:
        return sweeps.namespace

    async def old_version(self, api: Gateway, namespace: str) -> str:
        return "1"
