"""The summary in the sidecar's termination message, for an operator that was down when the pod ended."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .float_json import decode, encode
from .metric_names import MAX_NAMES, fit_names, parse_name
from .metric_results import Results, dump_results, parse_results
from .notices import Notice, dump_notices, parse_notices
from .steps import dump_steps, parse_steps, with_steps
from .validation import count_of, finite_of, list_of, parse_object

TERMINATION_MESSAGE_LIMIT = 4000  # bytes; the kubelet keeps 4,096
_MAX_SUMMARY = 4096  # characters


@dataclass(frozen=True, slots=True)
class Summary:
    """What the sidecar writes into its termination message.

    Attributes:
        count: number of reports.
        low, high: smallest and largest finite value; None before any.
        tail: the newest reports, as many as fit.
        metric_names: names of all metrics reported.
        notices: what the reports lack.
        results: the last values of the metrics that are results.
        steps: the steps of the tail; empty where none has one.
    """

    count: int
    low: float | None
    high: float | None
    tail: tuple[float, ...]
    metric_names: tuple[str, ...]
    notices: tuple[Notice, ...] = ()
    results: Results = ()
    steps: tuple[int | None, ...] = ()

    def reports(self) -> tuple[tuple[float, int | None], ...]:
        """Return the tail with its steps."""
        return with_steps(self.tail, self.steps)

    def dump(self) -> str:
        """Return JSON of at most TERMINATION_MESSAGE_LIMIT bytes, with as much of the tail as fits.

        Names take at most a quarter of it: without the tail, reports would be lost.
        """
        tail, steps = list(self.tail), list(self.steps)
        names = fit_names(self.metric_names, TERMINATION_MESSAGE_LIMIT // 4)
        results = {"results": dump_results(self.results)} if self.results else {}
        while True:
            text = json.dumps(
                {
                    "count": self.count,
                    "low": self.low,
                    "high": self.high,
                    "tail": [encode(v) for v in tail],
                    "seen": names,
                    "notices": dump_notices(self.notices),
                    **results,
                    **dump_steps(steps),
                },
                separators=(",", ":"),
            )
            # JSON escapes what is not ASCII, so there are as many bytes as characters.
            if len(text) <= TERMINATION_MESSAGE_LIMIT:
                return text
            cut = max(1, len(tail) // 10)
            tail, steps = tail[cut:], steps[cut:]

    @classmethod
    def parse(cls, text: str) -> Summary | None:
        """Read a termination message; None when it is not a summary."""
        try:
            # Spaces cover the rest of a longer message that was there before.
            data = parse_object(text.strip(), _MAX_SUMMARY)
            tail = list_of(data, "tail", _MAX_SUMMARY)
            summary = cls(
                count=count_of(data, "count"),
                low=finite_of(data, "low"),
                high=finite_of(data, "high"),
                tail=tuple(decode(v) for v in tail),
                metric_names=tuple(parse_name(name) for name in list_of(data, "seen", MAX_NAMES)),
                notices=parse_notices(data.get("notices")),
                results=parse_results(data.get("results")),
                steps=parse_steps(data, len(tail), _MAX_SUMMARY),
            )
        except ValueError:
            return None
        return summary if len(summary.tail) <= summary.count else None
