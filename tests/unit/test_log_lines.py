"""Reports in a log: what is found, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.domain.problem import InvalidSpec
from sweepjob.resources.log_lines import LogLines, nanoseconds
from sweepjob.resources.sweepjob import parse_sweepjob

from .builders import sweepjob


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("score=0.5", {"score": 0.5}),
        ("epoch 3: score: 0.5", {"score": 0.5}),
        ("epoch=3, val/score = -1.5e-3; lr=.1", {"epoch": 3, "val/score": -0.0015, "lr": 0.1}),
        (
            "loss: 0.53 - accuracy: 0.8 - val_loss: nan",
            {"loss": 0.53, "accuracy": 0.8, "val_loss": "nan"},
        ),
        ('{"score": 0.25, "epoch": 1}', {"score": 0.25, "epoch": 1}),
        ("score=0.5.", {"score": 0.5}),
        ("score=0.5. Next", {"score": 0.5}),
        ("accuracy: 93.5%", {"accuracy": 93.5}),
        ("score=0.5s", {}),
        ("http://host:80/x", {}),
        ("2026-01-01 10:20:30 started", {}),
        ("\x1b[32mscore=1\x1b[0m", {"score": 1}),
        ("10/100 score=0.1\r50/100 score=0.2\r100/100 score=0.3", {"score": 0.3}),
        ("score=0.1 score=0.2", {"score": 0.2}),
        ("", {}),
    ],
)
def test_the_usual_forms(line: str, found: dict[str, float]) -> None:
    assert str(dict(LogLines("score").read(line))) == str({k: float(v) for k, v in found.items()})


def test_what_azures_run_log_prints() -> None:
    lines = LogLines("accuracy")
    printed = ["Attempted to log scalar metric val acc:", "0.75", "0.8", "x=1"]
    assert [lines.read(line) for line in printed] == [[], [("val acc", 0.75)], [], [("x", 1.0)]]
    lines.read("Attempted to log scalar metric a:")
    assert lines.read("none of a number") == []


def test_a_pattern_of_ones_own() -> None:
    named = LogLines("score", r"METRIC (?P<name>\w+) -> (?P<value>\S+)")
    assert named.read("METRIC score -> 0.5 METRIC loss -> x") == [("score", 0.5)]
    assert named.read("score=0.5") == []
    bare = LogLines("score", r"^final (?P<value>[\d.]+)$")
    assert bare.read("final 0.25") == [("score", 0.25)]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"source": "logs", "pattern": "("}, "spec.metrics.pattern: '(': is no regular expression"),
        ({"source": "logs", "pattern": r"(\w+)=(\d+)"}, "must have a group (?P<value>...)"),
        ({"source": "logs", "pattern": "(?P<value>x)(?=y)"}, "is no regular expression"),
        ({"source": "file", "pattern": "(?P<value>x)"}, "belongs to source logs; remove it"),
        ({"source": "logs", "path": "/x"}, "belongs to source file or tensorboard"),
        ({"source": "file", "path": "/metrics.jsonl"}, "in a folder of its own"),
        ({"source": "tensorboard", "path": "runs"}, "must be absolute"),
        ({"source": "mlflow", "port": 80}, "must be at least 1024"),
        ({"source": "tensorbord"}, "unknown; known: mlflow, pushgateway"),
    ],
)
def test_mistakes_in_metrics(metrics: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_sweepjob(sweepjob(metrics=metrics))
    assert words in str(refused.value)


def test_a_pattern_that_would_take_for_ever_elsewhere_takes_no_time() -> None:
    lines = LogLines("score", r"(?P<value>(x+x+)+y)")
    assert lines.read("x" * 100_000) == []


@given(st.text(max_size=300))
def test_any_line_is_survived(line: str) -> None:
    LogLines("score").read(line)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-01-01T00:00:00Z", 1767225600_000000000),
        ("2026-01-01T00:00:00.5Z", 1767225600_500000000),
        ("2026-01-01T00:00:00.123456789Z", 1767225600_123456789),
        ("2026-01-01T02:00:00.000000001+02:00", 1767225600_000000001),
    ],
)
def test_times_are_exact(timestamp: str, expected: int) -> None:
    assert nanoseconds(timestamp) == expected
