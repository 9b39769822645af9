"""A push: a batch of reports, from a sidecar to the operator."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from .float_json import decode, encode
from .metric_curves import MetricCurve, parse_curves
from .metric_names import MAX_NAME, MAX_NAMES, parse_name, shorten
from .metric_results import Results, dump_results, parse_results
from .notices import Notice, dump_notices, parse_notices
from .steps import dump_steps, parse_steps, with_steps
from .validation import MAX_OBJECT_NAME, count_of, list_of, parse_object, text_of

REPORTS_PATH = "/v1/reports"
MAX_BATCH = 500  # values in one push
MAX_BODY = 64 * 1024  # bytes of one push
_MIN_NAME = 16  # bytes to which names are cut before values are left out


@dataclass(frozen=True, slots=True)
class Push:
    """A batch of reports.

    Attributes:
        namespace, trial: the trial that made the reports.
        first: number of the first value; numbers start at 1.
        values: consecutive reports of the primary metric.
        metric_names: names of all metrics that the trainer reported, the first MAX_NAMES.
        notices: what the reports lack.
        curves: other metrics whose reports have changed.
        results: the last values of the metrics that are results.
        steps: the steps of the values; empty where none has one.
    """

    namespace: str
    trial: str
    first: int
    values: tuple[float, ...]
    metric_names: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    curves: tuple[MetricCurve, ...] = ()
    results: Results = ()
    steps: tuple[int | None, ...] = ()

    def reports(self) -> tuple[tuple[float, int | None], ...]:
        """Return the values with their steps."""
        return with_steps(self.values, self.steps)

    def dump(self) -> bytes:
        """Return the body of the request, whatever its size."""
        body = {
            "namespace": self.namespace,
            "trial": self.trial,
            "first": self.first,
            "values": [encode(v) for v in self.values],
            "seen": list(self.metric_names),
            "notices": dump_notices(self.notices),
            **dump_steps(self.steps),
        }
        if self.curves:
            body["curves"] = [curve.dump() for curve in self.curves]
        if self.results:
            body["results"] = dump_results(self.results)
        return json.dumps(body).encode()

    def fit(self, limit: int = MAX_BODY) -> bytes:
        """Return a body of at most ``limit`` bytes.

        Names are cut first, then values are left out, which follow in the next push.
        """
        values, longest = self.values, MAX_NAME
        while True:
            names = tuple(shorten(name, longest) for name in self.metric_names)
            steps = self.steps[: len(values)]
            body = replace(self, values=values, metric_names=names, steps=steps).dump()
            if len(body) <= limit or (longest <= _MIN_NAME and len(values) <= 1):
                return body
            if longest > _MIN_NAME:
                longest //= 2
            else:
                values = values[: len(values) // 2]

    @classmethod
    def parse(cls, body: bytes) -> Push:
        """Read the body of a request.

        Raises:
            ValueError: it is not a push.
        """
        data = parse_object(body, MAX_BODY)
        values, names = list_of(data, "values", MAX_BATCH), list_of(data, "seen", MAX_NAMES)
        return cls(
            namespace=text_of(data, "namespace", MAX_OBJECT_NAME),
            trial=text_of(data, "trial", MAX_OBJECT_NAME),
            first=count_of(data, "first", least=1),
            values=tuple(decode(v) for v in values),
            metric_names=tuple(parse_name(name) for name in names),
            notices=parse_notices(data.get("notices")),
            curves=parse_curves(data.get("curves")),
            results=parse_results(data.get("results")),
            steps=parse_steps(data, len(values), MAX_BATCH),
        )
