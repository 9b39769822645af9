"""The parsers of what strangers write, each as a function of bytes.

A target raises what its caller foresees for no input; anything that leaves it is a finding.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any

from sweepjob import protocol
from sweepjob.api.notifications.event_type import EventType
from sweepjob.api.notifications.outbox import (
    Notification,
    Outbox,
    ReceiverState,
    dump_outbox,
    load_outbox,
)
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.parsing.quantity import is_quantity
from sweepjob.api.spec.status_condition import ExpressionError, StatusCondition
from sweepjob.api.spec.trial_kind import TrialKind
from sweepjob.api.spec.trial_manifest import TrialManifest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.other_metrics import dump_other_metrics
from sweepjob.api.sweeptrial.serialization import parse_record, trial_manifest
from sweepjob.api.validation.spec_warnings import spec_warnings
from sweepjob.ingest.authentication import is_plausible_token
from sweepjob.kube import errors
from sweepjob.kube.decoding import (
    FieldSelection,
    UnreadableObject,
    decode_event,
    decode_list,
    decode_object,
)
from sweepjob.kube.denied_access import parse_denied_access
from sweepjob.kube.openapi import decode_schemas
from sweepjob.loading.yaml_text import load_documents
from sweepjob.log_parsing.log_parser import LogParser, nanoseconds
from sweepjob.sidecar import request_body
from sweepjob.sidecar.mlflow.errors import MlflowError
from sweepjob.sidecar.mlflow.run_search import _SEARCHABLE
from sweepjob.sidecar.sources.pushgateway import samples
from sweepjob.sidecar.sources.tensorboard.event_records import (
    DamagedFile,
    MalformedRecord,
    read_records,
)
from sweepjob.sidecar.sources.wandb import records as wandb
from sweepjob.sidecar.sources.wandb.records import is_wanted, logged_values
from sweepjob.sidecar.sources.wandb.transaction_log import DamagedLog, read_log
from sweepjob.template import command, kubelet_expansion, references, shell_quoting
from sweepjob.timestamps import parse_time
from sweepjob.trial_pods import failures, start_blockers
from sweepjob.trial_pods.declared_types import declared_types
from sweepjob.trial_pods.kind_pods import parse_kind_pod, pod_schema
from sweepjob.trial_pods.object_parsing import judge, parse_object
from sweepjob.trial_pods.object_schemas import JOB_SCHEMA, OBJECT_SCHEMA, POD_SCHEMA, schema_fields
from sweepjob.trial_pods.pod_parsing import parse_job, parse_pod

from tests.unit.builders import SWEEPJOB
from tests.unit.event_files import event, framed, scalar
from tests.unit.small_pods import JOB, POD
from tests.unit.wandb_files import log, new_row, old_row, summary

_POD_FIELDS = FieldSelection(schema_fields(POD_SCHEMA))
_JOB_FIELDS = FieldSelection(schema_fields(JOB_SCHEMA))
_TEMPLATE = {"containers": [{"name": "trainer", "resources": {"limits": {"cpu": "8"}}}]}


@dataclass(frozen=True, slots=True)
class Target:
    """A parser.

    Attributes:
        read: reads an input; what it raises is a finding.
        seeds: inputs to begin with.
    """

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _dumped(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value).encode() for value in values)


def _text(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _curve() -> protocol.MetricCurve:
    made = protocol.MetricCurve("loss")
    for value in (1.0, float("inf"), 0.5):
        made.append(value)
    return made


def _push(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        push = protocol.Push.parse(data)
        assert len(push.fit()) <= protocol.MAX_BODY


def _summary(data: bytes) -> None:
    summary = protocol.Summary.parse(_text(data))
    if summary is not None:
        again = protocol.Summary.parse(summary.dump())
        assert again is not None
        assert again.count == summary.count


def _reply(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        protocol.Reply.parse(data)


def _object(fields: FieldSelection, parse: Callable[[Any], object]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        found = decode_object(data, fields)
        if not isinstance(found, UnreadableObject):
            with contextlib.suppress(ValueError):
                parse(found)

    return read


def _json(parse: Callable[[Any], object]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        try:
            body = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(body, dict):
            with contextlib.suppress(ValueError):
                parse(body)

    return read


def _spec(body: Any) -> None:
    with contextlib.suppress(InvalidSpec):
        spec = parse_sweepjob({**SWEEPJOB, "spec": body})
        spec_warnings({**SWEEPJOB, "spec": body}, spec)


def _event(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode_event(data, _POD_FIELDS)
    with contextlib.suppress(ValueError):
        list(decode_list(data, _POD_FIELDS)["items"])


def _error(data: bytes) -> None:
    for status in (403, 409, 500):
        errors.from_response(status, data, {}, "POST")
    parse_denied_access(_text(data))


def _line(data: bytes) -> None:
    text = _text(data)
    for pattern in ("", r"(?P<name>[\w/]+)=(?P<value>\S+)"):
        parser = LogParser("acc", pattern, time.thread_time)
        for line in text.split("\n"):
            half = len(line) // 2
            parser.read(line[:half], ends=False)
            parser.read(line[half:])
    with contextlib.suppress(ValueError, OverflowError):
        nanoseconds(text)
    parse_time(text)


def _message(data: bytes) -> None:
    text = _text(data)
    start_blockers.of_refused_pod(text, 0.0, _TEMPLATE, may_refit=True)
    start_blockers.of_pod_event("FailedMount", text, 0.0)
    assert "\x1b" not in failures.last_lines(text)


def _template(data: bytes) -> None:
    text = _text(data)
    references.split_references(text)
    references.resolve_optional(text, ())
    kubelet_expansion.expand_variables(text, {})
    command.syntax_error(text)
    shell_quoting.find_positions(text)
    shell_quoting.reference_lines(text)
    with contextlib.suppress(ValueError):
        command.split_words(text)
    is_quantity(text)


def _records(data: bytes) -> None:
    with contextlib.suppress(DamagedFile):
        for record in read_records(io.BytesIO(data), 0):
            with contextlib.suppress(MalformedRecord):
                list(record.values())


def _wandb(data: bytes) -> None:
    with contextlib.suppress(DamagedLog):
        for record in read_log(io.BytesIO(data), 0, is_wanted, last=True):
            with contextlib.suppress(wandb.MalformedRecord):
                list(logged_values(record.data or b""))
    with contextlib.suppress(wandb.MalformedRecord):
        list(logged_values(data))


def _filter(data: bytes) -> None:
    text = _text(data)
    with contextlib.suppress(MlflowError):
        for comparison in _SEARCHABLE.parse(text):
            comparison.holds(lambda kind, key: "a" * 50 if kind != "metric" else 1.0)


def _body(data: bytes) -> None:
    head, _, rest = data.partition(b"\n")
    headers = Message()
    name = "Transfer-Encoding" if head.startswith(b"c") else "Content-Length"
    headers[name] = (
        "chunked" if head.startswith(b"c") else "".join(filter(str.isdigit, _text(head)))
    )
    with contextlib.suppress(request_body.BadBody):
        found = request_body.whole(headers, io.BytesIO(rest))
        request_body.unpacked(found, {"Content-Encoding": "gzip"})


def _yaml(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        load_documents(data.decode(errors="replace"))


_KIND = TrialKind("example.com/v1", "Widget", "widgets", pod_label="example.com/widget")
_OBJECT_FIELDS = FieldSelection(schema_fields(OBJECT_SCHEMA))
_KIND_POD_FIELDS = FieldSelection(schema_fields(pod_schema(_KIND)))
_WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"n": "${{search_space.lr}}"}}
_CONDITIONS = ("status.c.exists(x, x.type == 'Done')", "status.phase == 'Failed'", "status.n > 1")
_CONDITION = TrialManifest(_WIDGET, *map(StatusCondition.parse, _CONDITIONS[:2]), (), None)
_USUAL = TrialManifest(_WIDGET, None, None, (), None)
_STATUS = {
    "conditions": [{"type": "Failed", "status": "True", "reason": "r", "message": "m"}],
    "phase": "Running",
    "c": [{"type": "Done"}],
}


def _kind_object(data: bytes) -> None:
    found = decode_object(data, _OBJECT_FIELDS)
    if isinstance(found, UnreadableObject):
        return
    with contextlib.suppress(ValueError):
        cached = parse_object(found, _KIND)
        for manifest in (_USUAL, _CONDITION):
            job = judge(cached, manifest, 1e9)
            assert job.failure is None or json.dumps(job.failure)


def _condition(data: bytes) -> None:
    with contextlib.suppress(ExpressionError):
        StatusCondition.parse(_text(data)).is_met(_STATUS)


def _schemas(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        declared_types(decode_schemas(data, "v/1", "K"), "v/1", "K", [("spec", "n"), ("l", 0)])


def _outbox(body: Any) -> None:
    box = load_outbox(body.get("notifications"))
    if box is not None:
        again = load_outbox(json.loads(json.dumps(dump_outbox(box))))
        assert again is not None
        assert again.sequence == box.sequence


_SCHEMA = {
    "x-kubernetes-group-version-kind": [{"group": "v", "version": "1", "kind": "K"}],
    "properties": {"spec": {"$ref": "#/components/schemas/S"}, "l": {"items": {"type": "string"}}},
}
_SCHEMAS = {"K": _SCHEMA, "S": {"properties": {"n": {"type": "integer"}}}}
_NOTE = Notification(1, EventType.STARTED, "2026-01-01T00:00:00Z", "s", "{}")
_BOX = Outbox(1, "s-0", "r", {"r": 1.0}, (_NOTE,), (ReceiverState("a", 1, 2, "x"),))
_TRIAL = trial_manifest("n", "s", "u", 0, {"lr": 0.1}, "random")
_CURVE = {
    "version": 2,
    "pod": "p",
    "reports": 2,
    "values": "0.1 0.2",
    "sum": "0x1p-3",
    "last": "0.2",
}
_ENDED = {"phase": "Succeeded", "attempt": 1, "curve": _CURVE, "startTime": "2026-01-01T00:00:00Z"}
_META = {"uid": "t", "resourceVersion": "1"}
TARGETS: dict[str, Target] = {
    "push": Target(
        _push,
        (
            protocol.Push("n", "s-0", 1, (0.5, float("nan")), ("a",)).dump(),
            protocol.Push("n", "s-0", 1, (0.5,), curves=(_curve(),)).dump(),
        ),
    ),
    "summary": Target(_summary, (protocol.Summary(2, 0.1, 0.2, (0.1,), ("a",)).dump().encode(),)),
    "reply": Target(_reply, _dumped(protocol.Reply(2, 1).dump())),
    "token": Target(lambda data: is_plausible_token(_text(data), 0.0), (b"a.eyJhdWQiOiJ4In0.c",)),
    "pod": Target(_object(_POD_FIELDS, parse_pod), _dumped(POD)),
    "job": Target(_object(_JOB_FIELDS, parse_job), _dumped(JOB)),
    "event": Target(
        _event, _dumped({"type": "ADDED", "object": POD}, {"metadata": {}, "items": [POD]})
    ),
    "record": Target(
        _json(parse_record),
        _dumped(
            {**_TRIAL, "metadata": {**_TRIAL["metadata"], **_META}, "status": _ENDED},
            {
                **_TRIAL,
                "metadata": {**_TRIAL["metadata"], **_META},
                "status": {"phase": "Running", "otherMetrics": dump_other_metrics([_curve()])},
            },
        ),
    ),
    "spec": Target(
        _json(_spec),
        _dumped(
            SWEEPJOB["spec"],
            {
                **SWEEPJOB["spec"],
                "trial": {"manifest": _WIDGET, "successCondition": _CONDITIONS[0]},
                "initialPoints": [{"lr": 0.01}],
                "constraints": [{"metric": "a", "max": 1, "stopTrials": True}],
                "notifications": [{"url": "https://a.example.com/b", "events": ["started"]}],
            },
            {
                **SWEEPJOB["spec"],
                "trial": {"image": "i", "command": "c", "code": {"configMap": {"name": "a"}}},
                "outputs": {"o": {"volume": {"emptyDir": {}}}},
                "limits": {"maxTotalTrials": 4, "maxCost": 3, "prices": {"cpu": 0.1}},
            },
        ),
    ),
    "kind object": Target(
        _kind_object, _dumped({"metadata": POD["metadata"], "spec": {}, "status": _STATUS})
    ),
    "kind pod": Target(
        _object(_KIND_POD_FIELDS, lambda body: parse_kind_pod(body, _KIND)), _dumped(POD)
    ),
    "condition": Target(_condition, tuple(text.encode() for text in _CONDITIONS)),
    "schemas": Target(_schemas, _dumped({"components": {"schemas": _SCHEMAS}})),
    "outbox": Target(_json(_outbox), _dumped({"notifications": dump_outbox(_BOX)})),
    "error": Target(_error, _dumped({"message": 'pods "x" is forbidden: User "u" cannot list'})),
    "line": Target(
        _line, (b"acc=0.5 loss: 1e-3\nacc:tensor([0.5])", b"\x1b[1macc\x1b]0;t\x07=1\r2")
    ),
    "message": Target(
        _message,
        (
            b'pods "x" is forbidden: maximum cpu usage per Container is 4, but limit is 8',
            b'volume "v" : secret "s" not found',
        ),
    ),
    "template": Target(
        _template, (b"a ${{search_space.lr}} $[[ --x ${{inputs.a}} ]] <<A\n$(b)\nA",)
    ),
    "records": Target(_records, (framed(event(scalar("score", 0.5))),)),
    "wandb": Target(
        _wandb, (log(new_row({"a": {"b": 1}}), summary({"c": 1})), log(old_row({"a": {"b": 1}})))
    ),
    "samples": Target(
        lambda data: samples(_text(data)), (b'acc{a="b"} 0.5 1\n{"a.b",c="d"} 1e3\n',)
    ),
    "filter": Target(_filter, (b"metrics.loss < 0.1 AND tags.`a b` LIKE '%a_b%'",)),
    "body": Target(_body, (b"chunked\n5\r\nhello\r\n0\r\n\r\n", b"5\nhello")),
    "yaml": Target(_yaml, (b"a: &x [1, {b: c}]\nd: *x\n---\n- 0x1f\n- 2026-01-01\n",)),
}
