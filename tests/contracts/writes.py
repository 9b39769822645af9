"""The contract of the API server about creating, changing and deleting objects."""

from __future__ import annotations

import asyncio

import pytest
from sweepjob.api.resources import SWEEPTRIALS
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.timestamps import parse_time

from .fixtures import Body, ContractFixtures, job, pod, record, unique


class WriteContract(ContractFixtures):
    """Creates, changes and deletes objects."""

    async def test_a_new_object_has_its_identity(self, api: KubeClient, namespace: str) -> None:
        made = await self.make(api, namespace)
        meta = made["metadata"]
        assert meta["uid"]
        assert meta["resourceVersion"].isdecimal()
        assert meta["generation"] == 1
        assert parse_time(meta["creationTimestamp"])
        assert await api.get(SWEEPTRIALS, namespace, meta["name"]) == made

    async def test_creating_an_existing_name_is_a_conflict(
        self, api: KubeClient, namespace: str
    ) -> None:
        body = record(namespace)
        await api.create(SWEEPTRIALS, namespace, body)
        with pytest.raises(errors.AlreadyExists):
            await api.create(SWEEPTRIALS, namespace, body)

    async def test_the_name_of_a_deleted_object_can_be_used_again(
        self, api: KubeClient, namespace: str
    ) -> None:
        body = record(namespace)
        first = await api.create(SWEEPTRIALS, namespace, body)
        key = (SWEEPTRIALS, namespace, body["metadata"]["name"])
        await api.delete(*key, first["metadata"]["uid"])
        second = await api.create(SWEEPTRIALS, namespace, body)
        assert second["metadata"]["uid"] != first["metadata"]["uid"]

    async def test_the_status_of_a_created_record_is_ignored(
        self, api: KubeClient, namespace: str
    ) -> None:
        body = {**record(namespace), "status": {"phase": "Running"}}
        made = await api.create(SWEEPTRIALS, namespace, body)
        assert made["status"] == {"phase": "Pending"}

    async def test_reading_a_missing_object_raises_not_found(
        self, api: KubeClient, namespace: str
    ) -> None:
        with pytest.raises(errors.NotFound):
            await api.get(SWEEPTRIALS, namespace, "nothing")
        with pytest.raises(errors.NotFound):
            await api.patch_status(SWEEPTRIALS, namespace, "nothing", "1", {"phase": "Failed"})

    async def test_a_status_patch_merges_the_status_only(
        self, api: KubeClient, namespace: str
    ) -> None:
        made = await self.make(api, namespace)
        first = await self.patch(api, made, {"phase": "Running", "attempt": 2, "job": "j"})
        second = await self.patch(api, first, {"phase": "Pending", "job": None})
        assert second["status"] == {"phase": "Pending", "attempt": 2}
        assert second["spec"] == made["spec"]
        assert second["metadata"]["generation"] == 1
        versions = [int(b["metadata"]["resourceVersion"]) for b in (made, first, second)]
        assert versions == sorted(set(versions))

    async def test_a_patch_without_changes_keeps_the_resource_version(
        self, api: KubeClient, namespace: str
    ) -> None:
        made = await self.make(api, namespace)
        first = await self.patch(api, made, {"phase": "Running"})
        second = await self.patch(api, first, {"phase": "Running"})
        assert first["metadata"]["resourceVersion"] == second["metadata"]["resourceVersion"]

    async def test_a_patch_with_another_uid_is_a_conflict(
        self, api: KubeClient, namespace: str
    ) -> None:
        body = record(namespace)
        first = await api.create(SWEEPTRIALS, namespace, body)
        meta = first["metadata"]
        await api.delete(SWEEPTRIALS, namespace, meta["name"], meta["uid"])
        await api.create(SWEEPTRIALS, namespace, body)
        with pytest.raises(errors.Conflict):
            await self.patch(api, first, {"phase": "Running"})

    async def test_a_patch_of_an_old_version_is_a_conflict(
        self, api: KubeClient, namespace: str
    ) -> None:
        made = await self.make(api, namespace)
        await self.patch(api, made, {"phase": "Running"})
        with pytest.raises(errors.Conflict):
            await self.patch(api, made, {"phase": "Failed"})

    async def test_a_replacement_of_an_old_version_is_a_conflict(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"lease{next(unique)}"
        body: Body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        body |= {"metadata": {"name": name}, "spec": {"holderIdentity": "a"}}
        made = await api.create(resources.LEASES, namespace, body)
        made["spec"]["holderIdentity"] = "b"
        await api.replace(resources.LEASES, namespace, name, made)
        with pytest.raises(errors.Conflict):
            await api.replace(resources.LEASES, namespace, name, made)

    async def test_a_deletion_checks_the_uid(self, api: KubeClient, namespace: str) -> None:
        made = await self.make(api, namespace)
        key = (SWEEPTRIALS, namespace, made["metadata"]["name"])
        await api.delete(*key, "another")
        assert await api.get(*key) == made
        await api.delete(*key, made["metadata"]["uid"])
        with pytest.raises(errors.NotFound):
            await api.get(*key)
        await api.delete(*key, made["metadata"]["uid"])  # gone already: no error

    async def test_an_unscheduled_pod_is_deleted_at_once(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"p{next(unique)}"
        made = await api.create(resources.PODS, namespace, pod(namespace, name))
        await api.delete(resources.PODS, namespace, name, made["metadata"]["uid"], grace=20)
        with pytest.raises(errors.NotFound):
            await api.get(resources.PODS, namespace, name)

    async def test_a_scheduled_pod_has_a_grace_period_that_can_be_shortened(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"p{next(unique)}"
        made = await api.create(resources.PODS, namespace, pod(namespace, name, node="nowhere"))
        key = (resources.PODS, namespace, name, made["metadata"]["uid"])
        seen = []
        for grace in (None, 20, 25, 10):
            await api.delete(*key, grace=grace)
            meta = (await api.get(*key[:3]))["metadata"]
            assert "deletionTimestamp" in meta
            seen.append(meta["deletionGracePeriodSeconds"])
        assert seen == [30, 20, 20, 10]
        await api.delete(*key, grace=0)
        with pytest.raises(errors.NotFound):
            await api.get(*key[:3])

    async def test_a_job_deleted_in_the_foreground_waits_for_its_pods(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"j{next(unique)}"
        made = await api.create(resources.JOBS, namespace, job(namespace, name))
        uid = made["metadata"]["uid"]
        child = await self.pod_of(api, namespace, name)
        assert child["metadata"]["ownerReferences"][0]["uid"] == uid
        await asyncio.sleep(1)  # the garbage collector gets to know it
        await api.delete(resources.JOBS, namespace, name, uid, propagation="Foreground")
        waiting = await api.get(resources.JOBS, namespace, name)
        assert "deletionTimestamp" in waiting["metadata"]
        assert "foregroundDeletion" in waiting["metadata"]["finalizers"]
        key = (resources.PODS, namespace, child["metadata"]["name"])
        await self.until_deleting(api, namespace, key[2])
        await api.delete(*key, child["metadata"]["uid"], grace=0)
        await self.until_gone(api, resources.JOBS, namespace, name)

    async def pod_of(self, api: KubeClient, namespace: str, name: str) -> Body:
        for _ in range(100):
            selector = f"sweepjob.dev/trial={name}"
            page = await api.list_page(resources.PODS, namespace, selector, "")
            if page["items"]:
                found: Body = page["items"][0]
                return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"Job {name} has no pod")

    async def until_deleting(self, api: KubeClient, namespace: str, name: str) -> None:
        for _ in range(100):
            if "deletionTimestamp" in (await api.get(resources.PODS, namespace, name))["metadata"]:
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"pod {name} was not told to go")

    async def until_gone(
        self, api: KubeClient, resource: resources.Resource, namespace: str, name: str
    ) -> None:
        for _ in range(100):
            try:
                await api.get(resource, namespace, name)
            except errors.NotFound:
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{name} is still there")
