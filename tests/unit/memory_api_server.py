"""The contract of the API server, for the fake one."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from sweepjob.controllers.permissions import PERMISSIONS
from sweepjob.kube.client import KubeClient
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.store import Body

from tests.contracts.api_server import ApiServerContract
from tests.fake_api.access_rules import AccessRules, key
from tests.fake_api.cluster import FakeCluster
from tests.fake_api.transport import FaultProfile, FaultyTransport


class MemoryApiServerContract(ApiServerContract):
    @pytest.fixture
    def server(self) -> MemoryApiServer:
        async def idle(pod: Body) -> tuple[int, str]:
            await asyncio.Event().wait()
            return 0, ""

        server = MemoryApiServer(time.time)
        FakeCluster(server, random.Random(1), time.time, idle)
        return server

    @pytest.fixture
    def api(self, server: MemoryApiServer) -> KubeClient:
        fault_profile = FaultProfile(random.Random(1), delay=(0, 0), lag=(0, 0))
        return KubeClient(FaultyTransport(server, fault_profile))

    @pytest.fixture
    def limited(self, server: MemoryApiServer) -> KubeClient:
        every = {key(permission) for permission in PERMISSIONS}
        access_rules = AccessRules()
        access_rules.denied_in = {
            "": every,
            "team": every - {("sweepjob.dev", "sweeptrials", "get")},
        }
        fault_profile = FaultProfile(random.Random(1), delay=(0, 0), lag=(0, 0))
        return KubeClient(FaultyTransport(server, fault_profile, access_rules))

    @pytest.fixture
    def namespace(self) -> str:
        return "team"

    async def old_version(self, api: KubeClient, namespace: str) -> str:
        made = await self.make(api, namespace)
        for _ in range(1100):
            await self.make(api, namespace)
        return str(made["metadata"]["resourceVersion"])
