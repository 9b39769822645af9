"""Objects of any size in lists and watches: what is not needed of them costs next to nothing."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api import names
from sweepjob.api.meta.identity import ObjectKey
from sweepjob.controllers.caches import Caches
from sweepjob.kube import errors, resources
from sweepjob.kube.client import KubeClient
from sweepjob.kube.decoding import FieldSelection, UnreadableObject, decode_event, decode_object
from sweepjob.kube.transport import Request, Response, ResponseStream, ResponseTooLarge
from sweepjob.trial_pods.cached_objects import CachedPod
from sweepjob.trial_pods.object_schemas import JOB_SCHEMA, POD_SCHEMA, schema_fields
from sweepjob.trial_pods.pod_parsing import parse_job, parse_pod

from tests.processor_time import assert_within

from .mutation import mutate
from .small_pods import JOB, POD

POD_FIELDS = FieldSelection(schema_fields(POD_SCHEMA))
JOB_FIELDS = FieldSelection(schema_fields(JOB_SCHEMA))
POD_RESOURCE = resources.PODS
MANY = 40_000


def _variables(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["env"] = [{"name": f"a{n}"} for n in range(MANY)]


def _tolerations(pod: dict[str, Any]) -> None:
    pod["spec"]["tolerations"] = [{"operator": "Exists"}] * MANY


def _argument(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["args"] = ["<" * 1_400_000]


def _labels(pod: dict[str, Any]) -> None:
    pod["metadata"]["labels"] |= {f"a{n}": "" for n in range(MANY)}


def _fields_of_managers(pod: dict[str, Any]) -> None:
    pod["metadata"]["managedFields"] = [{"fieldsV1": {f"k:{n}": {} for n in range(MANY)}}]


def _containers(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"] *= MANY // 10


def _owners(pod: dict[str, Any]) -> None:
    pod["metadata"]["ownerReferences"] *= MANY // 4


def _amounts(pod: dict[str, Any]) -> None:
    pod["spec"]["containers"][0]["resources"] = {"limits": {f"a/{n}": "1" for n in range(MANY)}}


HARMLESS = [_variables, _tolerations, _labels, _fields_of_managers]
HARMFUL = [_argument, _containers, _owners, _amounts]


def event(change: Callable[[dict[str, Any]], None], **metadata: Any) -> bytes:
    pod = copy.deepcopy(POD)
    pod["metadata"] |= metadata
    change(pod)
    text = json.dumps({"type": "MODIFIED", "object": pod}, separators=(",", ":"))
    return text.replace("<", "\\u003c").encode()  # as the API server writes it


@pytest.mark.parametrize("change", HARMLESS)
def test_what_is_not_needed_of_a_pod_is_skipped(change: Callable[[dict[str, Any]], None]) -> None:
    line = event(change)
    assert_within(0.05, lambda: decode_event(line, POD_FIELDS))
    assert parse_pod(decode_event(line, POD_FIELDS)["object"]) == parse_pod(POD)


@pytest.mark.parametrize("change", HARMFUL)
def test_a_pod_with_too_much_of_what_is_needed_is_known_by_name(
    change: Callable[[dict[str, Any]], None],
) -> None:
    line = event(change)
    assert_within(0.05, lambda: decode_event(line, POD_FIELDS))
    found = decode_event(line, POD_FIELDS)["object"]
    assert isinstance(found, UnreadableObject)
    assert found["metadata"]["uid"] == POD["metadata"]["uid"]
    assert "is not read: it has" in found.reason


@given(st.data())
def test_any_pod_reads_the_same_with_and_without_what_is_not_needed(data: st.DataObject) -> None:
    """Also one whose fields have other types than they should."""
    body = mutate(data, POD)
    text = json.dumps(body).encode()
    _same(parse_pod, json.loads(text), decode_object(text, POD_FIELDS))


@given(st.data())
def test_any_job_reads_the_same_with_and_without_what_is_not_needed(data: st.DataObject) -> None:
    body = mutate(data, JOB)
    text = json.dumps(body).encode()
    _same(parse_job, json.loads(text), decode_object(text, JOB_FIELDS))


def _same(parse: Callable[[Any], Any], whole: Any, part: Any) -> None:
    outcomes = []
    for body in (whole, part):
        try:
            outcomes.append(repr(parse(body)))
        except ValueError as error:
            outcomes.append(repr(error))
    assert outcomes[0] == outcomes[1]


def test_every_restart_policy_counts() -> None:
    """They are in no test's pod, and change whether a pod may run again."""
    for policy in ({"restartPolicy": "Always"}, {"restartPolicyRules": [{"action": "Restart"}]}):
        body = copy.deepcopy(POD)
        body["spec"]["containers"][0] |= policy
        found = decode_object(json.dumps(body).encode(), POD_FIELDS)
        assert policy.items() <= found["spec"]["containers"][0].items()


class Heavy:
    """A fake transport: lists of objects of a megabyte each, and a watch with one event."""

    def __init__(self, count: int, most: int) -> None:
        self._count, self._most = count, most
        self.asked: list[str] = []
        self.more = asyncio.Event()

    async def request(self, request: Request) -> Response:
        first = int(request.query["continue"] or 0)
        limit = int(request.query["limit"])
        self.asked.append(request.query["limit"])
        if limit > self._most:
            raise ResponseTooLarge("too much")
        items = [self._pod(n) for n in range(first, min(first + limit, self._count))]
        after = first + len(items)
        metadata = {"resourceVersion": "9", "continue": str(after) if after < self._count else ""}
        return Response(200, json.dumps({"metadata": metadata, "items": items}).encode())

    async def open_stream(self, request: Request, idle_timeout: float | None) -> ResponseStream:
        return ResponseStream(200, self._events())

    async def _events(self) -> AsyncIterator[bytes]:
        line = event(_argument, name="p-0", uid="u-0", resourceVersion="10") + b"\n"
        for start in range(0, len(line), 65536):
            yield line[start : start + 65536]
        self.more.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass

    @staticmethod
    def _pod(number: int) -> dict[str, Any]:
        metadata = {**POD["metadata"], "name": f"p-{number}", "uid": f"u-{number}"}
        return {**POD, "metadata": metadata}


class Handlers:
    """A fake of the controllers: remembers which pods have gone, and of which trials."""

    def __init__(self) -> None:
        self.gone: list[str] = []
        self.changed: list[str] = []

    def on_trial_changed(self, sweep: ObjectKey, trial: str) -> None:
        self.changed.append(trial)

    def on_pod_changed(self, pod: CachedPod, *, gone: bool) -> None:
        if gone:
            self.gone.append(pod.trial)

    def on_record_deleted(self, record: Any) -> None:
        pass


def caches_of(transport: Heavy, handlers: Handlers | None = None) -> Caches:
    caches, found = Caches(KubeClient(transport), (), time.time), handlers or Handlers()
    caches.connect(found.on_trial_changed, found.on_pod_changed, found.on_record_deleted)
    return caches


async def test_a_list_that_is_too_large_is_read_in_smaller_pages() -> None:
    heavy = Heavy(100, most=10)
    caches = caches_of(heavy)
    informer = caches._informers.pods("n")
    running = asyncio.create_task(informer.run())
    await asyncio.wait_for(heavy.more.wait(), 120)
    running.cancel()
    assert len(informer.objects) == 100
    assert heavy.asked[:2] == ["500", "62"]
    assert set(heavy.asked[2:]) == {"7"}, "the smaller size is remembered"


async def test_an_object_that_is_too_large_alone_is_an_error_of_the_api_server() -> None:
    client = KubeClient(Heavy(1, most=0))
    with pytest.raises(errors.TooLarge):
        await client.list_page(POD_RESOURCE, None, "", "")


async def test_a_watch_survives_the_largest_pod() -> None:
    heavy = Heavy(1, most=500)
    caches = caches_of(heavy)
    informer = caches._informers.pods("n")
    running = asyncio.create_task(informer.run())
    await asyncio.wait_for(heavy.more.wait(), 120)
    await asyncio.sleep(0)
    running.cancel()
    assert len(informer.unparseable) == 1, "it is counted, and named in the log"
    assert informer.newest_version == "10"
    assert not informer.last_error


def test_a_pod_whose_labels_change_is_no_longer_its_trials() -> None:
    """Each change left a record of the pod behind, for good: a trial waited for a pod that was not there."""
    handlers = Handlers()
    caches = caches_of(Heavy(0, 0), handlers)
    informer = caches._informers.pods("n")
    pod = copy.deepcopy(POD)
    for number in range(100):
        pod["metadata"]["resourceVersion"] = str(10 + number)
        pod["metadata"]["labels"][names.LABEL_TRIAL] = f"s-{number}"
        informer.apply({"type": "MODIFIED", "object": pod})
    assert len(caches._pods) == 1
    assert handlers.gone == [f"s-{number}" for number in range(99)]
    informer.apply({"type": "DELETED", "object": pod})
    assert not caches._pods


def test_a_pod_that_takes_the_name_of_another_leaves_nothing_of_it() -> None:
    caches = caches_of(Heavy(0, 0))
    informer = caches._informers.pods("n")
    for number in range(10):
        metadata = {**POD["metadata"], "uid": f"u-{number}", "resourceVersion": str(10 + number)}
        informer.apply({"type": "ADDED", "object": {**POD, "metadata": metadata}})
    assert list(caches._pods_by_uid) == ["u-9"]


def test_a_job_whose_labels_change_is_no_longer_its_trials() -> None:
    caches = caches_of(Heavy(0, 0))
    informer = caches.jobs("n")
    job = copy.deepcopy(JOB)
    for number in range(100):
        job["metadata"]["resourceVersion"] = str(10 + number)
        job["metadata"]["labels"][names.LABEL_TRIAL] = f"s-{number}"
        informer.apply({"type": "MODIFIED", "object": job})
    assert len(caches._jobs) == 1
    informer.apply({"type": "DELETED", "object": job})
    assert not caches._jobs


@pytest.mark.parametrize(
    "data",
    [b"null", b"[]", b'"bad gateway"', b"5", b'{"message":null}', b'{"message":5}', b"[" * 100_000],
)
@pytest.mark.parametrize("status", [403, 404, 409, 410, 422, 500])
def test_whatever_a_proxy_answers_is_an_error_of_the_api_server(status: int, data: bytes) -> None:
    assert isinstance(errors.from_response(status, data, {}, "POST"), errors.ApiError)


@pytest.mark.parametrize("data", [b"null", b"[]", b"5", b"{}", b'{"items":[]}', b"<html>", b"\xff"])
async def test_a_response_that_is_no_list_is_an_error_of_the_api_server(data: bytes) -> None:
    class Proxy(Heavy):
        async def request(self, request: Request) -> Response:
            return Response(200, data)

    with pytest.raises(errors.Unavailable):
        await KubeClient(Proxy(0, 0)).list_page(POD_RESOURCE, None, "", "")


@pytest.mark.parametrize(
    "status", [{}, {"code": None}, {"code": "410"}, {"code": 410, "message": None}]
)
async def test_whatever_ends_a_watch_is_an_error_of_the_api_server(status: Any) -> None:
    class Ends(Heavy):
        async def _events(self) -> AsyncIterator[bytes]:
            yield json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"

    with pytest.raises(errors.ApiError):
        async for _ in KubeClient(Ends(0, 0)).watch(POD_RESOURCE, None, "", "1"):
            pass
