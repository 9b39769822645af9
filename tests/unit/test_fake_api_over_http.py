"""The contract of the API server over HTTP: the client's HTTP transport keeps what the server says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.local.api_server import MemoryApiServer

from tests.fake_api.access_rules import AccessRules
from tests.fake_api.http_server import HttpApiServer, serve

from .memory_api_server import MemoryApiServerContract


class TestHttpTransport(MemoryApiServerContract):
    @pytest.fixture
    async def api(self, server: MemoryApiServer, tmp_path: Path) -> AsyncIterator[KubeClient]:
        async with serve(HttpApiServer(server, AccessRules()), tmp_path) as kubeconfig:
            api = await connect(strict_tls=True, kubeconfig=str(kubeconfig))
            yield api
            await api.close()
