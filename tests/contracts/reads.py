"""The contract of the API server about lists, watches and permissions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest
from sweepjob.api.resources import SWEEPJOBS, SWEEPTRIALS
from sweepjob.controllers.permissions import PERMISSIONS
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.denied_access import DeniedAccess
from sweepjob.kube.transport import Request
from sweepjob.manager.access_review import is_allowed

from .fixtures import Body, ContractFixtures, job, record, unique


class ReadContract(ContractFixtures):
    """Lists and watches objects, and reads permissions."""

    async def test_the_pages_of_a_list_are_of_one_version(
        self, api: KubeClient, namespace: str
    ) -> None:
        sweep = f"pages{next(unique)}"
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
        uid = f"uid-{next(unique)}"
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
        sweep = f"watch{next(unique)}"
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
        sweep = f"resumed{next(unique)}"
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
        name = f"large{next(unique)}"
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
        name = f"j{next(unique)}"
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
