"""Conditions over the status of an object: what they mean, and that no expression is expensive."""

from __future__ import annotations

import json
import time

import pytest
from sweepjob.api.spec.status_condition import (
    EXPRESSION_LIMIT,
    STATUS_LIMIT,
    ExpressionError,
    StatusCondition,
    status_problem,
)

COMPLETE = "status.conditions.exists(c, c.type == 'Complete' && c.status == 'True')"
DONE = {"conditions": [{"type": "Complete", "status": "True"}]}


@pytest.mark.parametrize(
    ("text", "status", "met"),
    [
        (COMPLETE, DONE, True),
        (COMPLETE, {"conditions": [{"type": "Complete", "status": "False"}]}, False),
        (COMPLETE, {}, False),
        (COMPLETE, {"conditions": []}, False),
        ("status.phase in ['Succeeded', 'Completed']", {"phase": "Completed"}, True),
        ("status.phase in ['Succeeded', 'Completed']", {}, False),
        ("has(status.end) && !has(status.error)", {"end": 1}, True),
        ("status.ready == status.total && status.total > 0", {"ready": 2, "total": 2}, True),
        ("status.workers[0].state == 'Done'", {"workers": []}, False),
        ("status['job-status'] == \"OK\"", {"job-status": "OK"}, True),
        ("status.groups.filter(g, g.failed > 0).size() > 1", {"groups": [{"failed": 1}]}, False),
        ("size(status.name) > 2 && status.name.startsWith('a')", {"name": "abc"}, True),
        ("status.said == 'exists(a, exists(b, c))'", {"said": "x"}, False),
    ],
)
def test_what_conditions_mean(text: str, status: dict[str, object], met: bool) -> None:
    assert StatusCondition.parse(text).is_met(status) is met


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status.conditions.exists(", "is no CEL expression: 1:"),
        ("", "is no CEL expression"),
        ("true", "must depend on status"),
        ("object.status.phase == 'a'", "object is unknown; the only variable is status"),
        ("status.a.exists(c, k == 'x')", "k is unknown"),
        ("status.phase == 'a' " + "|| status.x " * 40, f"at most {EXPRESSION_LIMIT} characters"),
        ("status.a.all(x, x.b.all(y, y))", "inside of another one"),
        ("status.a.exists (x, (x.b.exists\n(y, y)))", "inside of another one"),
        ("status.a.all(x, status.b)", "status neither inside of a macro"),
        ("[status, status].all(x, x)", "nor in a list of values"),
        ("{'a': status}.a == 1", "nor in a list of values"),
        ("status.a.map(x, [x, x]).size() > 1", "is"),
        ("status.a.matches('a*')", "matches() is not available; there are: all, bool"),
        ("nosuch(status)", "nosuch() is not available"),
        ("status.a == 'it\\'s'", "may not contain \\"),
        ("status.a // == 1", "may not contain //"),
        ("status.a == '''a'''", "may not contain '''"),
        ("(" * 30 + "status.a" + ")" * 30, "at most 20 brackets"),
        (" && ".join(["status.a.all(x, x)"] * 5), "at most 4 macros"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as error:
        StatusCondition.parse(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("status.phase", {"phase": "Done"}, "gives 'Done', and must give true or false"),
        ("status.count > 1", {"count": "many"}, "status.count > 1: "),
        ("1 / status.count > 1", {"count": 0}, "division by zero"),
    ],
)
def test_what_gives_no_truth_value_says_so(text: str, status: dict[str, object], said: str) -> None:
    with pytest.raises(ExpressionError) as error:
        StatusCondition.parse(text).is_met(status)
    assert said in str(error.value)


ITEMS = [{"type": "a" * 20, "status": "True", "m": "m" * 10} for _ in range(130)]
LARGE = {"s": "a" * 5000, "c": ITEMS}


@pytest.mark.parametrize(
    "text",
    [
        "(" + "+".join(["status.c"] * 25) + ").all(x, " + "&&".join(["x==x"] * 20) + ")",
        "status.c" + ".filter(a,a==a)" * 4 + ".size()>0",
        "&&".join(["status.c.all(x,x==x&&x==x&&x==x)"] * 4),
        "&&".join(["status==status"] * 23),
        "status.c.all(x, " + "+".join(["x.m"] * 80) + " != '')",
        "(" + "+".join(["status.s"] * 30) + ").contains('b')",
    ],
)
def test_no_expression_is_expensive(text: str) -> None:
    assert not status_problem(LARGE)
    condition = StatusCondition.parse(text)
    begun = time.thread_time()
    condition.is_met(LARGE)
    assert time.thread_time() - begun < 0.4, "0.15 s on an idle machine"


def test_a_large_status_is_not_evaluated() -> None:
    for status in ({"a": "x" * STATUS_LIMIT}, {"a": [{"b": list(range(201))}]}):
        assert status_problem(status)
    assert len(json.dumps(LARGE)) < STATUS_LIMIT
