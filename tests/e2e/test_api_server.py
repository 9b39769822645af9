"""The real API server keeps the contract that the operator relies on, and that its fake has to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect

from tests.contracts.api_server import ApiServerContract

from .sweeps import Sweeps


class TestRealApiServer(ApiServerContract):
    @pytest.fixture
    async def api(self, sweeps: Sweeps) -> AsyncIterator[KubeClient]:
        api = await connect(strict_tls=True, kubeconfig=str(sweeps.target.kubeconfig))
        yield api
        await api.close()

    @pytest.fixture
    async def limited(self, sweeps: Sweeps, tmp_path: Path) -> AsyncIterator[KubeClient]:
        sweeps.kubectl("delete", "role,rolebinding,serviceaccount", "limited", "--ignore-not-found")
        sweeps.kubectl("create", "serviceaccount", "limited")
        rule = ("--verb=get", "--resource=sweeptrials.sweepjob.dev")
        sweeps.kubectl("create", "role", "limited", *rule)
        account = f"--serviceaccount={sweeps.namespace}:limited"
        sweeps.kubectl("create", "rolebinding", "limited", "--role=limited", account)
        config = yaml.safe_load(sweeps.target.kubeconfig.read_text())
        token = sweeps.kubectl("create", "token", "limited").strip()
        config["users"] = [
            {"name": user["name"], "user": {"token": token}} for user in config["users"]
        ]
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(config))
        api = await connect(strict_tls=True, kubeconfig=str(path))
        yield api
        await api.close()

    @pytest.fixture
    def namespace(self, sweeps: Sweeps) -> str:
        return sweeps.namespace

    async def old_version(self, api: KubeClient, namespace: str) -> str:
        return "1"
