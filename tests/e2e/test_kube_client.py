"""The gateway from outside the cluster, as the bench uses it."""

from __future__ import annotations

import pytest
from sweepjob.kube import resources
from sweepjob.kube.connection import connect

from tests.cluster.target import SYSTEM, Target


async def test_a_kubeconfig_path_is_used(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    api = await connect(strict_tls=True, kubeconfig=str(target.kubeconfig))
    try:
        page = await api.list_page(resources.PODS, SYSTEM, "", "")
    finally:
        await api.close()
    assert any(pod["metadata"]["name"].startswith("sweepjob-") for pod in page["items"])
