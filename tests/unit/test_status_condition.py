"""Conditions over the status of an object: what they mean, and that no expression is expensive."""

from __future__ import annotations

import contextlib
import json

import pytest
from sweepjob.api.spec.expression_cost import EXPRESSION_LIMIT
from sweepjob.api.spec.status_condition import (
    STATUS_LIMIT,
    ExpressionError,
    StatusCondition,
    status_problem,
)

from tests.processor_time import assert_within

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
        ("status.a[0].filter(x, x.b).all(x, x.c)", {"a": [[{"b": True, "c": True}]]}, True),
        ("status['a'].exists (x, x == 1)", {"a": [1]}, True),
        ("status.a.existsOne( x , x == 1)", {"a": [1, 2]}, True),
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
        ("status.a.existsOne(x, status.b)", "status neither inside of a macro"),
        ("status.a.existsOne(x, [x, x].existsOne(y, [y, y].all(z, z)))", "inside of another one"),
        ("(status.a + status.a).existsOne(x, x)", "existsOne() must follow a field"),
        (" && ".join(["status.a.existsOne(x, x)"] * 5), "at most 4 macros"),
        ("status.a.nosuch(k, k == 1)", "k is unknown"),
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
        ("status.a.filter(x, x).filter(x, x).size() > 0", "at most 1 filter()"),
        (" + ".join(["status.a"] * 10) + " == 1", "at most 8 additions"),
        ("(status.a + status.a).all(x, x)", "all() must follow a field of the status"),
        ("(status.a + status.a) . filter (x, x).all(x, x)", "filter() must follow a field"),
        ("(status.a ? status.b : status.c).exists(x, x)", "exists() must follow a field"),
        ("[1, 2].all(x, x > status.a)", "all() must follow a field"),
        ("'a'.exists(x, x) || status.a", "exists() must follow a field"),
        ("all(x, x) || status.a", "all() must follow a field"),
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
SMALL_VALUES = {"c": [[{"a": {"b": n}}] for n in range(199)]}


@pytest.mark.parametrize("status", [LARGE, SMALL_VALUES], ids=["text", "values"])
@pytest.mark.parametrize(
    "text",
    [
        "(" + "+".join(["status.c"] * 4) + ") == (" + "+".join(["status.c"] * 5) + ")",
        "(" + "+".join(["status.c"] * 9) + ").size() > 0",
        "status.c.filter(a,a==a).all(a," + "&&".join(["a==a"] * 20) + ").size()>0",
        "status.c.filter(a,a==a).size()>0" + "&&status.c.all(a,a==a&&a==a&&a==a)" * 3,
        "&&".join(["status==status"] * 23),
        "status.c.all(x, [" + ",".join(["x"] * 170) + "].size() > 0)",
        "(" + "+".join(["status.c[0]"] * 9) + ") == status.c[0]",
    ],
)
def test_no_expression_is_expensive(text: str, status: dict[str, object]) -> None:
    """0.04 s at most on an idle machine; 5 s if macros could follow a sum of lists."""
    assert not status_problem(status)
    condition = StatusCondition.parse(text)

    def evaluate() -> None:
        with contextlib.suppress(ExpressionError):
            condition.is_met(status)

    assert_within(0.15, evaluate, "0.04 s on an idle machine")


def test_a_large_status_is_not_evaluated() -> None:
    many = {str(n): [{} for _ in range(10)] for n in range(100)}
    for status in ({"a": "x" * STATUS_LIMIT}, {"a": [{"b": list(range(201))}]}, many):
        assert status_problem(status)
    assert len(json.dumps(LARGE)) < STATUS_LIMIT
