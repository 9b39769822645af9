"""What came out of a case, and where it differs from what must.

For the sweep: ``exit`` (code, 0), ``phase`` (``Complete``), ``seconds`` (30, at most), ``printed`` (texts
in the program's output), ``conditions`` (texts in the conditions), ``received`` (requests at the tracking
server: the end of the path, and ``bytes``).

For trials: ``trials``, a list of one for each, or ``every`` for all alike. Of a trial: ``phase``
(``Succeeded``; one, or a list of those that may be), ``reason``, ``values`` (of all reports),
``includes`` (values that are among the reports, in this order), ``reports``, ``best``, ``last``,
``message`` and ``log`` (texts in it), ``absent`` (texts that are not in the message).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SECONDS = 30
_TOLERANCE = 1e-6  # event files have numbers of 32 bits


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        sweep: the SweepJob; empty where there is none.
        trials: the records, by index.
        logs: of each trial, all attempts together.
        received: by the tracking server, see ``servers``.
    """

    exit: int
    seconds: float
    printed: str
    sweep: Mapping[str, Any] = field(default_factory=dict)
    trials: Sequence[Mapping[str, Any]] = ()
    logs: Mapping[str, str] = field(default_factory=dict)
    received: Sequence[Mapping[str, Any]] = ()


def differences(expect: Mapping[str, Any], result: Result, time_factor: float = 1.0) -> list[str]:
    """A sentence for each difference; empty where everything is as it must be.

    Args:
        time_factor: times the seconds that the case may take, on a busy machine.
    """
    limit = time_factor * expect.get("seconds", SECONDS)
    late = [f"took {result.seconds:.0f} s, at most {limit:.0f} s"] * (result.seconds > limit)
    return [*late, *_of_run(expect, result), *_of_trials(expect, result)]


def _of_run(expect: Mapping[str, Any], result: Result) -> Iterator[str]:
    yield from _unequal("exit code", expect.get("exit", 0), result.exit)
    yield from _missing("output", expect.get("printed", ()), result.printed)
    if "script" in expect:
        return
    status = result.sweep.get("status") or {}
    yield from _unequal("phase of the sweep", expect.get("phase", "Complete"), status.get("phase"))
    said = " ".join(f"{c['reason']}: {c['message']}" for c in status.get("conditions") or ())
    yield from _missing("conditions", expect.get("conditions", ()), said)
    for wanted in expect.get("received", ()):
        if not any(_is_received(wanted, request) for request in result.received):
            yield f"the server has not got {wanted}"


def _is_received(wanted: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    if not request["path"].endswith(wanted["path"]):
        return False
    return bool(wanted.get("bytes", request["bytes"]) == request["bytes"])


def _of_trials(expect: Mapping[str, Any], result: Result) -> Iterator[str]:
    wanted = expect.get("trials")
    if wanted is None:
        wanted = [expect.get("every", {})] * len(result.trials)
    elif len(wanted) != len(result.trials):
        yield f"{len(result.trials)} trials, not {len(wanted)}"
    for each, trial in zip(wanted, result.trials, strict=False):
        name = trial["metadata"]["name"]
        log = result.logs.get(name, "")
        for text in _of_trial(each, trial.get("status") or {}, log):
            yield f"{name}: {text}"


def _of_trial(expect: Mapping[str, Any], status: Mapping[str, Any], log: str) -> Iterator[str]:
    curve = status.get("curve") or {}
    values = [float(text) for text in str(curve.get("values", "")).split()]
    message = str(status.get("message", ""))
    phases = expect.get("phase", "Succeeded")
    if status.get("phase") not in (phases if isinstance(phases, list) else [phases]):
        yield f"phase {status.get('phase')}, not {phases}"
    if "reason" in expect:
        yield from _unequal("reason", expect["reason"], status.get("reason"))
    if "values" in expect and not _equal(expect["values"], values):
        yield f"values {_shown(values)}, not {_shown(expect['values'])}"
    if "includes" in expect and not _includes(values, expect["includes"]):
        yield f"values {_shown(values)}, which lack some of {_shown(expect['includes'])}"
    if "reports" in expect:
        yield from _unequal("reports", expect["reports"], curve.get("reports", 0))
    for key in ("best", "last"):
        if key in expect and not _equal([expect[key]], [float(curve.get(key, "nan"))]):
            yield f"{key} {curve.get(key)}, not {expect[key]}"
    yield from _missing("message", expect.get("message", ()), message)
    yield from _missing("log", expect.get("log", ()), log)
    for text in expect.get("absent", ()):
        if text in message:
            yield f"message has {text!r}"


def _unequal(what: str, wanted: Any, found: Any) -> Iterator[str]:
    if wanted != found:
        yield f"{what} {found}, not {wanted}"


def _missing(where: str, wanted: Sequence[str], found: str) -> Iterator[str]:
    for text in wanted:
        if text not in found:
            yield f"{where} lacks {text!r}; it is {found[-600:]!r}"


def _equal(wanted: Sequence[float], found: Sequence[float]) -> bool:
    return len(wanted) == len(found) and all(map(_same, wanted, found))


def _same(one: float, other: float) -> bool:
    one, other = float(one), float(other)
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=_TOLERANCE)


def _includes(found: Sequence[float], wanted: Sequence[float]) -> bool:
    rest = iter(found)
    return all(any(_same(value, each) for each in rest) for value in wanted)


def _shown(values: Sequence[float]) -> str:
    return f"[{', '.join(f'{value:g}' for value in values[:20])}{', ...' * (len(values) > 20)}]"
