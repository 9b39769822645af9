"""The operator asks which permissions it has, and when it asks again."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sweepjob import protocol
from sweepjob.controllers.permissions import (
    LEASE_PERMISSIONS,
    PERMISSIONS,
)
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.manager.access_review import AccessReviewer, scoped_permissions

from tests.fake_api.access_rules import AccessRules, key
from tests.fake_api.harness import EPOCH
from tests.fake_api.transport import FaultProfile, FaultyTransport

pytestmark = pytest.mark.virtual_time


def client(access_rules: AccessRules) -> FaultyTransport:
    return FaultyTransport(
        MemoryApiServer(lambda: EPOCH), FaultProfile(random.Random(1)), access_rules
    )


def permissions(
    access_rules: AccessRules, *namespaces: str, lease: tuple[str, str] | None = None
) -> AccessReviewer:
    return AccessReviewer(KubeClient(client(access_rules)), namespaces, lease)


async def reviewed(found: AccessReviewer) -> AccessReviewer:
    task = asyncio.create_task(found.run())
    await asyncio.sleep(0.5)
    task.cancel()
    return found


async def test_the_roles_of_the_chart_are_sufficient() -> None:
    found = await reviewed(permissions(AccessRules(), lease=("system", "sweepjob")))
    assert found.missing == frozenset()
    assert found.problems() == []
    assert found.count_missing() == {}


async def test_the_operator_is_not_ready_before_the_access_review() -> None:
    assert permissions(AccessRules()).problems() == [
        "the operator's permissions have not been reviewed yet"
    ]


async def test_each_permission_of_the_lease_is_required() -> None:
    for permission in LEASE_PERMISSIONS:
        found = await reviewed(
            permissions(AccessRules({key(permission)}), lease=("system", "sweepjob"))
        )
        [problem] = found.problems()
        assert str(permission) in problem
        assert "in namespace system" in problem
        assert "replicas.yaml" in problem


async def test_a_namespace_without_permissions_affects_no_other() -> None:
    access_rules = AccessRules()
    access_rules.denied_in["gone"] = {key(permission) for permission in PERMISSIONS}
    found = await reviewed(permissions(access_rules, "team", "gone"))
    assert found.problems() == []
    assert found.inaccessible_namespaces() == {"gone"}
    assert found.missing_permissions_for("team", protocol.MLFLOW) == []
    assert ("create jobs.batch", "required") in found.count_missing()
    access_rules.denied_in["team"] = set(access_rules.denied_in["gone"])
    found = await reviewed(permissions(access_rules, "team", "gone"))
    assert len(found.problems()) > 20, "none is left"


async def test_a_permission_missing_in_one_namespace_makes_the_operator_not_ready() -> None:
    access_rules = AccessRules()
    access_rules.denied_in["b"] = {("", "pods", "watch")}
    found = await reviewed(permissions(access_rules, "a", "b"))
    [problem] = found.problems()
    assert "watch pods in namespace b" in problem
    assert "RoleBinding in namespace b" in problem
    assert found.missing_permissions_for("a", protocol.MLFLOW) == []
    assert len(found.missing_permissions_for("b", protocol.LOGS)) == 1


async def test_a_missing_log_permission_affects_log_sources_only() -> None:
    found = await reviewed(permissions(AccessRules({("", "pods/log", "get")})))
    assert found.missing_permissions_for("team", protocol.MLFLOW) == []
    [scoped] = found.missing_permissions_for("team", protocol.LOGS)
    assert str(scoped.permission) == "get pods/log"
    assert found.problems() == [], "it goes on for all others"


async def test_a_refused_request_triggers_a_review() -> None:
    access_rules = AccessRules()
    api = KubeClient(client(access_rules))
    found = AccessReviewer(api)
    api.on_access_denied = found.on_access_denied
    task = asyncio.create_task(found.run())
    await asyncio.sleep(0.5)
    access_rules.denied.add(("batch", "jobs", "delete"))
    with pytest.raises(errors.NotPermitted):
        await api.delete(resources.JOBS, "team", "x", "uid")
    await asyncio.sleep(2)
    assert [str(scoped.permission) for scoped in found.missing or ()] == ["delete jobs.batch"]
    access_rules.denied.clear()
    await asyncio.sleep(6)
    assert found.missing == frozenset()
    task.cancel()


async def test_a_failed_review_changes_nothing() -> None:
    access_rules = AccessRules({("", "events", "create")})
    api = KubeClient(client(access_rules))
    found = await reviewed(AccessReviewer(api))
    before = found.missing
    assert before

    async def fails(*_: Any) -> Any:
        raise errors.Unavailable("not now")

    api.create = fails  # type: ignore[method-assign] # of this one object
    await found.review(before)
    assert found.missing == before


async def test_without_self_reviews_the_operator_is_ready() -> None:
    reviews = ("authorization.k8s.io", "selfsubjectaccessreviews", "create")
    found = await reviewed(permissions(AccessRules({reviews})))
    assert found.problems() == []


def test_the_review_of_the_lease_names_it() -> None:
    """The chart's Role grants get and update for this one lease: asked about all, they are lacking."""
    wanted = scoped_permissions((), ("system", "sweepjob"))
    found = {
        scoped.permission.verb: scoped.name
        for scoped in wanted
        if scoped.permission in LEASE_PERMISSIONS
    }
    assert found == {"create": "", "get": "sweepjob", "update": "sweepjob"}
