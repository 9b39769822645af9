"""What the operator relies on in the API server. The suite runs against a real one, and against the
fake one that the crash tests need: what the fake gets wrong would make them worthless.

A subclass gives ``api``, ``limited`` and ``namespace`` as fixtures, and a version that is too old.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.controllers.permissions import PERMISSIONS
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.denied_access import DeniedAccess
from sweepjob.kube.transport import Request
from sweepjob.manager.access_review import is_allowed
from sweepjob.timestamps import parse_time

Body = dict[str, Any]
_unique = itertools.count(1)


def record(namespace: str, index: int = 0, sweep: str = "") -> Body:
    """A SweepTrial without an owner, so that nothing collects it."""
    body = trial_manifest(
        namespace, sweep or f"c{next(_unique)}", "", index, {"x": 1, "y": {"z": 2.5}}, "random"
    )
    del body["metadata"]["ownerReferences"]
    return body


def job(namespace: str, name: str) -> Body:
    """A Job whose pod is never started."""
    labels = {"sweepjob.dev/sweep": name, "sweepjob.dev/trial": name}
    spec = {**pod(namespace, name, node="nowhere")["spec"], "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": spec}},
    }


def pod(namespace: str, name: str, node: str = "") -> Body:
    """A pod of which nobody takes notice: it asks for another scheduler, or is bound to a node that
    there is not."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "trainer", "image": "none", "securityContext": security}
    spec: Body = {"containers": [container], "schedulerName": "nobody"}
    spec["terminationGracePeriodSeconds"] = 30
    if node:
        spec["nodeName"] = node
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


class ApiServerContract:
    """The suite."""

    @pytest.fixture
    def api(self) -> KubeClient:
        raise NotImplementedError

    @pytest.fixture
    def limited(self) -> KubeClient:
        """Of an account that may get sweeptrials of the namespace, and nothing else."""
        raise NotImplementedError

    @pytest.fixture
    def namespace(self) -> str:
        raise NotImplementedError

    async def make(self, api: KubeClient, namespace: str, **more: Any) -> Body:
        return await api.create(SWEEPTRIALS, namespace, record(namespace, **more))

    async def patch(self, api: KubeClient, body: Body, status: Body) -> Body:
        """Write to the status on condition that the object is as in ``body``."""
        meta = body["metadata"]
        key = (SWEEPTRIALS, meta["namespace"], meta["name"])
        return await api.patch_status(*key, meta["resourceVersion"], status)

    async def old_version(self, api: KubeClient, namespace: str) -> str:
        """A version that is too old for a watch."""
        raise NotImplementedError

    # Creating.

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

    # Writing the status.

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
        name = f"lease{next(_unique)}"
        body: Body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        body |= {"metadata": {"name": name}, "spec": {"holderIdentity": "a"}}
        made = await api.create(resources.LEASES, namespace, body)
        made["spec"]["holderIdentity"] = "b"
        await api.replace(resources.LEASES, namespace, name, made)
        with pytest.raises(errors.Conflict):
            await api.replace(resources.LEASES, namespace, name, made)

    # Deleting.

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
        name = f"p{next(_unique)}"
        made = await api.create(resources.PODS, namespace, pod(namespace, name))
        await api.delete(resources.PODS, namespace, name, made["metadata"]["uid"], grace=20)
        with pytest.raises(errors.NotFound):
            await api.get(resources.PODS, namespace, name)

    async def test_a_scheduled_pod_has_a_grace_period_that_can_be_shortened(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"p{next(_unique)}"
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
        name = f"j{next(_unique)}"
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

    # Lists.

    async def test_the_pages_of_a_list_are_of_one_version(
        self, api: KubeClient, namespace: str
    ) -> None:
        sweep = f"pages{next(_unique)}"
        for index in range(501):
            await self.make(api, namespace, index=index, sweep=sweep)
        selector = f"sweepjob.dev/sweep={sweep}"
        first = await api.list_page(SWEEPTRIALS, namespace, selector, "")
        assert len(first["items"]) == 500
        await self.make(api, namespace, index=501, sweep=sweep)
        token = first["metadata"]["continue"]
        second = await api.list_page(SWEEPTRIALS, namespace, selector, token)
        assert len(second["items"]) == 1
        assert not second["metadata"].get("continue")
        versions = {page["metadata"]["resourceVersion"] for page in (first, second)}
        assert len(versions) == 1

    async def test_a_list_can_be_filtered_by_fields(self, api: KubeClient, namespace: str) -> None:
        uid = f"uid-{next(_unique)}"
        for reason in ("FailedCreate", "Other"):
            body: Body = {"apiVersion": "v1", "kind": "Event", "reason": reason}
            body["metadata"] = {"name": f"{uid}.{reason.lower()}", "namespace": namespace}
            body["involvedObject"] = {"uid": uid, "namespace": namespace}
            await api.create(resources.EVENTS, namespace, body)
        selector = f"involvedObject.uid={uid},reason=FailedCreate"
        [found] = await api.list_by_field(resources.EVENTS, namespace, selector)
        assert found["reason"] == "FailedCreate"

    async def test_a_metadata_list_has_uid_and_version(
        self, api: KubeClient, namespace: str
    ) -> None:
        none = await api.list_metadata(SWEEPTRIALS, "no-such-namespace", "")
        assert not none["items"]
        made = [await self.make(api, namespace) for _ in range(3)]
        page = await api.list_metadata(SWEEPTRIALS, namespace, "")
        found = {item["metadata"]["name"]: item["metadata"] for item in page["items"]}
        for body in made:
            meta = body["metadata"]
            wanted = {key: meta[key] for key in ("namespace", "uid", "resourceVersion")}
            assert wanted.items() <= found[meta["name"]].items()

    # Permissions.

    async def test_discovery_lists_served_resources(self, api: KubeClient) -> None:
        served = await api.served_resources("sweepjob.dev")
        assert {"sweepjobs", "sweeptrials"} <= served["v1alpha1"]
        assert await api.served_resources("nothing.example") == {}

    async def test_a_403_names_the_missing_permission(
        self, limited: KubeClient, namespace: str
    ) -> None:
        """The limited account may get sweeptrials of the namespace, and nothing else."""
        with pytest.raises(errors.NotFound):
            await limited.get(SWEEPTRIALS, namespace, "nothing")
        body = {**record(namespace), "metadata": {"name": "x", "namespace": namespace}}
        asks: list[tuple[DeniedAccess, Coroutine[Any, Any, Any]]] = [
            (
                DeniedAccess("create", "sweepjob.dev", "sweeptrials", namespace),
                limited.create(SWEEPTRIALS, namespace, body),
            ),
            (
                DeniedAccess("create", "batch", "jobs", namespace),
                limited.create_dry_run(resources.JOBS, namespace, job(namespace, "x")),
            ),
            (
                DeniedAccess("patch", "sweepjob.dev", "sweepjobs/status", namespace),
                limited.patch_status(SWEEPJOBS, namespace, "x", "1", {}),
            ),
            (
                DeniedAccess("delete", "", "pods", namespace),
                limited.delete(resources.PODS, namespace, "x", "uid"),
            ),
            (DeniedAccess("list", "", "pods"), limited.list_page(resources.PODS, None, "", "")),
            (
                DeniedAccess("watch", "batch", "jobs", namespace),
                self.events(limited.watch(resources.JOBS, namespace, "", "1"), 1),
            ),
        ]
        for denied, ask in asks:
            with pytest.raises(errors.NotPermitted) as caught:
                await ask
            assert caught.value.denied == denied

    async def test_access_reviews_report_permissions(
        self, limited: KubeClient, namespace: str
    ) -> None:
        allowed = {str(r) for r in PERMISSIONS if await is_allowed(limited, r, namespace)}
        assert allowed == {"get sweeptrials.sweepjob.dev"}
        elsewhere = [r for r in PERMISSIONS if await is_allowed(limited, r, None)]
        assert not elsewhere

    # Watches.

    async def events(self, watch: AsyncIterator[Body], count: int) -> list[Body]:
        """The next events, without bookmarks."""
        found = []
        async with asyncio.timeout(20):
            async for event in watch:
                if event["type"] != "BOOKMARK":
                    found.append(event)
                if len(found) == count:
                    break
        return found

    async def test_a_watch_sends_events_after_its_version_in_order(
        self, api: KubeClient, namespace: str
    ) -> None:
        before = await api.list_page(SWEEPTRIALS, namespace, "", "")
        sweep = f"watch{next(_unique)}"
        made = await self.make(api, namespace, sweep=sweep)
        changed = await self.patch(api, made, {"phase": "Running"})
        meta = made["metadata"]
        await api.delete(SWEEPTRIALS, namespace, meta["name"], meta["uid"])
        version = before["metadata"]["resourceVersion"]
        selector = f"sweepjob.dev/sweep={sweep}"
        watch = api.watch(SWEEPTRIALS, namespace, selector, version)
        added, modified, deleted = await self.events(watch, 3)
        kinds = [e["type"] for e in (added, modified, deleted)]
        assert kinds == ["ADDED", "MODIFIED", "DELETED"]
        assert added["object"]["metadata"]["uid"] == meta["uid"]
        versions = [e["object"]["metadata"]["resourceVersion"] for e in (added, modified)]
        assert versions == [b["metadata"]["resourceVersion"] for b in (made, changed)]
        last = deleted["object"]
        assert last["status"] == {"phase": "Running"}
        assert int(last["metadata"]["resourceVersion"]) > int(versions[1])

    async def test_a_watch_resumes_from_the_version_of_another(
        self, api: KubeClient, namespace: str
    ) -> None:
        sweep = f"resumed{next(_unique)}"
        selector = f"sweepjob.dev/sweep={sweep}"
        first = await self.make(api, namespace, index=0, sweep=sweep)
        await self.make(api, namespace, index=1, sweep=sweep)
        version = first["metadata"]["resourceVersion"]
        watch = api.watch(SWEEPTRIALS, namespace, selector, version)
        [event] = await self.events(watch, 1)
        assert event["object"]["spec"]["index"] == 1

    async def test_a_watch_sends_objects_of_any_size(self, api: KubeClient, namespace: str) -> None:
        """One large object of one user must not end the watch that all rely on."""
        before = await api.list_page(resources.JOBS, namespace, "", "")
        name = f"large{next(_unique)}"
        body = job(namespace, name)
        body["spec"]["template"]["spec"]["containers"][0]["args"] = ["x" * 700_000]
        await api.create(resources.JOBS, namespace, body)
        version = before["metadata"]["resourceVersion"]
        watch = api.watch(resources.JOBS, namespace, f"sweepjob.dev/sweep={name}", version)
        [event] = await self.events(watch, 1)
        args = event["object"]["spec"]["template"]["spec"]["containers"][0]["args"]
        assert len(args[0]) == 700_000

    async def test_an_object_that_leaves_the_selection_is_a_deletion(
        self, api: KubeClient, namespace: str
    ) -> None:
        name = f"j{next(_unique)}"
        made = await api.create(resources.JOBS, namespace, job(namespace, name))
        version = made["metadata"]["resourceVersion"]
        selector = f"sweepjob.dev/sweep={name}"
        body = {"metadata": {"labels": {"sweepjob.dev/sweep": "another"}}}
        path = resources.JOBS.path(namespace, name)
        patched = "application/merge-patch+json"
        await api.request(Request("PATCH", path, {}, body, content_type=patched))
        watch = api.watch(resources.JOBS, namespace, selector, version)
        for event in await self.events(watch, 1):
            assert event["type"] in ("DELETED", "MODIFIED")  # its controller may have written, too
            if event["type"] == "MODIFIED":
                [event] = await self.events(watch, 1)
            assert event["type"] == "DELETED"

    async def test_a_watch_from_an_expired_version_is_refused(
        self, api: KubeClient, namespace: str
    ) -> None:
        old = await self.old_version(api, namespace)
        with pytest.raises(errors.Gone):
            await self.events(api.watch(SWEEPTRIALS, namespace, "", old), 1)
