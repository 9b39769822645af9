"""Whatever anybody writes into a pod, a Job or a spec, reading it raises nothing that is not foreseen, and
nothing ends a watch."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sweepjob import protocol
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.trial_pods.pod_parsing import is_active_pod, parse_job, parse_pod

from .builders import SWEEPJOB
from .mutation import json_values, mutate
from .small_pods import JOB, POD, small_pod

WAITING = copy.deepcopy(POD)
WAITING["status"] |= {"phase": "Pending"}
WAITING["status"]["conditions"][0] |= {"status": "False", "reason": "Unschedulable"}
WAITING["status"]["containerStatuses"][0]["state"] = {
    "waiting": {"reason": "ErrImagePull", "message": "m"}
}


@pytest.mark.parametrize("body", [POD, WAITING], ids=["ended", "waiting"])
@given(data=st.data())
def test_any_change_of_a_pod_is_read_or_refused(body: dict[str, Any], data: st.DataObject) -> None:
    changed = mutate(data, copy.deepcopy(body))
    for _ in range(data.draw(st.integers(0, 2))):
        changed = mutate(data, changed) if changed else changed
    is_active_pod(changed)
    try:
        record = parse_pod(changed)
    except ValueError as error:
        assert str(error) in ("has no uid", "has no containers")  # noqa: PT017 - reading it is fine, too
        return
    json.dumps({name: f"{used:.0f}" for name, used in record.gpus.items()}, allow_nan=False)
    assert all(0 <= used < 2**63 for used in record.gpus.values())
    assert record.view.started is None or record.view.started > 0


@given(st.data())
def test_any_change_of_a_job_is_read_or_refused(data: st.DataObject) -> None:
    changed = mutate(data, copy.deepcopy(JOB))
    try:
        parse_job(changed)
    except ValueError as error:
        assert str(error) == "has no uid"  # noqa: PT017 - reading it is fine, too


@pytest.mark.parametrize(
    "message",
    [
        '{"count":1e999,"low":null,"high":null,"tail":[],"seen":[]}',
        '{"count":-1,"low":null,"high":null,"tail":[],"seen":[]}',
        '{"count":1e3,"low":null,"high":null,"tail":[],"seen":[]}',
        '{"count":true,"low":null,"high":null,"tail":[],"seen":[]}',
        '{"count":NaN,"low":null,"high":null,"tail":[],"seen":[]}',
        f'{{"count":{"9" * 3000},"low":null,"high":null,"tail":[],"seen":[]}}',
        f'{{"count":{10**13},"low":null,"high":null,"tail":[],"seen":[]}}',
        '{"count":1,"low":1e999,"high":null,"tail":[],"seen":[]}',
        '{"count":1,"low":"-Infinity","high":null,"tail":[],"seen":[]}',
        '{"count":1,"low":[],"high":null,"tail":[],"seen":[]}',
        '{"count":1,"low":null,"high":null,"tail":{},"seen":[]}',
        '{"count":1,"low":null,"high":null,"tail":[1,2],"seen":[]}',
        '{"count":1,"low":null,"high":null,"tail":[],"seen":[7]}',
        '{"count":1,"low":null,"high":null,"tail":[],"seen":"abc"}',
        f'{{"count":1,"low":null,"high":null,"tail":[],"seen":{json.dumps(["x"] * 51)}}}',
        "[" * 4000,
        "[" * 1_000_000,
        json.dumps([0] * 1_000_000),
    ],
)
def test_termination_messages_of_other_programs(message: str) -> None:
    assert parse_pod(small_pod(message)).summary is None


def test_names_in_termination_messages_are_valid_in_records() -> None:
    message = r'{"count":0,"low":null,"high":null,"tail":[],"seen":["\ud800x"]}'
    summary = parse_pod(small_pod(message)).summary
    assert summary is not None
    assert summary.metric_names == ("?x",)


@given(st.data())
@example(data=None)
def test_any_change_of_a_spec_is_read_or_refused(data: st.DataObject | None) -> None:
    if data is None:
        parse_sweepjob(SWEEPJOB)
        return
    spec = {**SWEEPJOB["spec"], **data.draw(st.sampled_from(FURTHER))}
    changed = mutate(data, copy.deepcopy(spec))
    try:
        parse_sweepjob({**SWEEPJOB, "spec": changed})
    except InvalidSpec as error:
        assert str(error)  # noqa: PT017 - reading it is fine, too


FURTHER: list[dict[str, Any]] = [
    {"earlyTermination": {"type": "bandit", "slackFactor": 0.1, "evaluationInterval": 2}},
    {"earlyTermination": {"type": "truncation_selection", "truncationPercentage": 20}},
    {"earlyTermination": {"type": "asha", "reductionFactor": 3}},
    {"samplingAlgorithm": {"type": "bayesian"}, "warmStart": {"sweeps": ["a"]}},
    {"metrics": {"source": "logs", "pattern": "x"}, "inputs": {"epochs": 5}},
    {"outputs": {"model": {"volume": {"emptyDir": {}}, "subPath": "a"}}},
    {
        "trial": {
            "template": {"spec": {"containers": [{"name": "t", "image": "i", "command": ["a"]}]}}
        }
    },
    {
        "searchSpace": {
            "m": {
                "type": "choice",
                "values": [
                    {"kind": "a", "q": {"type": "quniform", "minValue": 0, "maxValue": 1, "q": 0.1}}
                ],
            },
            "n": {"type": "normal", "mu": 0, "sigma": 1},
            "r": {"type": "randint", "upper": 5},
        },
        "trial": {
            "image": "i",
            "command": ["a"],
            "env": [{"name": "a", "value": "b"}],
            "resources": {"limits": {"cpu": 1}},
        },
    },
]


@given(value=json_values, kind=st.sampled_from([protocol.Push, protocol.Reply, protocol.Summary]))
def test_any_json_is_a_message_or_refused(value: Any, kind: Any) -> None:
    text = json.dumps(value)
    if kind is protocol.Summary:
        protocol.Summary.parse(text)
        return
    try:
        kind.parse(text.encode(errors="surrogatepass"))
    except ValueError as error:
        assert len(str(error)) < 1000  # noqa: PT017 - it goes into an answer


PUSH = {"namespace": "n", "trial": "t", "first": 1, "values": [1, "NaN"], "seen": ["a"]}
REPLY = {"next": 3, "durable": 2, "action": "continue"}


@given(data=st.data(), message=st.sampled_from([(protocol.Push, PUSH), (protocol.Reply, REPLY)]))
def test_any_change_of_a_message_is_read_or_refused(data: st.DataObject, message: Any) -> None:
    kind, good = message
    changed = json.dumps(mutate(data, good)).encode()
    try:
        found = kind.parse(changed)
    except ValueError as error:
        assert len(str(error)) < 1000  # noqa: PT017 - it goes into an answer
        return
    if kind is protocol.Push:
        assert 1 <= found.first <= protocol.MAX_REPORTS
        "".join(found.metric_names).encode()
