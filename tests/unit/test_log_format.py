"""The operator's log: one line a record, whatever tenants put into it, and not too many of them."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.telemetry import log_format as logs
from sweepjob.telemetry.log_format import (
    JsonFormatter,
    RateLimitFilter,
    TextFormatter,
    configure,
    fields,
)


def record(
    message: str, *args: object, name: str = "sweepjob.x", **told: object
) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.INFO, "file.py", 1, message, args, None)
    made.created, made.msecs = 1_700_000_000.5, 500.0
    made.__dict__.update(fields(**told))
    return made


def failed(message: str, name: str = "sweepjob.x") -> logging.LogRecord:
    made = record("it failed", name=name)
    try:
        raise ValueError(message)
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def test_a_line_of_text() -> None:
    line = TextFormatter().format(record("trial stopped", namespace="team", sweep="lr", value=0.5))
    assert line.endswith(" INFO sweepjob.x: trial stopped namespace=team sweep=lr value=0.5")


def test_a_line_of_json() -> None:
    told = {"namespace": "team", "trial": "lr-1", "interval": 3, "threshold": None, "reason": ""}
    line = JsonFormatter().format(record("trial %s", "stopped", **told))
    assert json.loads(line) == {
        "time": "2023-11-14T22:13:20.500Z",
        "level": "INFO",
        "logger": "sweepjob.x",
        "message": "trial stopped",
        "namespace": "team",
        "trial": "lr-1",
        "interval": 3,
    }


HOSTILE = [
    "a\n2026-01-01 00:00:00 ERROR sweepjob: forged",
    "\x1b]0;title\x07\x1b[2J",
    "a\rb\x00c",
    "\u202eright to left",
    "\u2028line\u2029",
    "\x9b31m",
    'quote" = and \\ backslash',
    "x" * 100_000,
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_untrusted_text_stays_within_its_line(formatter: logging.Formatter, text: str) -> None:
    for made in (record("say %s", text), record("say", reason=text), failed(text)):
        line = formatter.format(made)
        assert len(line) < 10_000
        assert all(c.isprintable() or c == "\n" for c in line)
        line.encode()
        first, *rest = line.split("\n")
        assert first
        assert all(part.startswith("    ") for part in rest), "it cannot pass for a line"


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_one_line(message: str, value: str) -> None:
    made = record("%s", message, reason=value)
    assert len(TextFormatter().format(made).splitlines()) == 1
    found = json.loads(JsonFormatter().format(made))
    assert found.get("reason", "") == logs.printable(value)


def test_a_field_cannot_replace_a_standard_one() -> None:
    found = json.loads(JsonFormatter().format(record("m", level="forged", logger="forged")))
    assert (found["level"], found["logger"]) == ("INFO", "sweepjob.x")


def test_tracebacks_of_kopf_are_omitted_and_ours_are_logged() -> None:
    assert "Traceback" in TextFormatter().format(failed("x"))
    assert "exception" in json.loads(JsonFormatter().format(failed("x")))
    ended = failed("x", name="kopf._core.reactor.running")
    assert TextFormatter().format(ended).count("\n") == 0


def test_a_log_flood_is_limited_and_omitted_lines_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("sweepjob.telemetry.log_format.time.monotonic", lambda: now[0])
    limit = RateLimitFilter()
    passed = sum(limit.filter(record("flood", namespace="noisy")) for _ in range(10_000))
    assert passed == 50
    assert limit.filter(record("flood", namespace="quiet")), "another one's line is not lost"
    assert limit.filter(record("another message", namespace="noisy"))
    now[0] += 10
    after = record("flood", namespace="noisy")
    assert limit.filter(after)
    assert logs.fields_of(after) == {"namespace": "noisy", "omitted": 10_000 - 50}
    many = sum(limit.filter(record("flood", namespace=f"n{n}")) for n in range(100_000))
    assert many <= 500, "however many namespaces it comes from"


def test_the_log_format_is_set_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    level = root.level
    configure({"SWEEPJOB_LOG_FORMAT": "json", "SWEEPJOB_LOG_LEVEL": "DEBUG"})
    try:
        logging.getLogger("sweepjob.here").debug("said", extra=fields(sweep="lr"))
    finally:
        root.setLevel(level)
        logging.getLogger("kopf").setLevel(logging.NOTSET)
    found = json.loads(capsys.readouterr().out)
    assert (found["message"], found["sweep"], found["level"]) == ("said", "lr", "DEBUG")


def test_an_unknown_log_format_is_refused() -> None:
    with pytest.raises(SystemExit, match="SWEEPJOB_LOG_FORMAT is 'yaml'; it is one of text, json"):
        configure({"SWEEPJOB_LOG_FORMAT": "yaml"})


# What happens to a sweep.


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    chosen = (r for r in caplog.records if r.name == "sweepjob.controllers.sweep_log")
    return [{"message": r.getMessage(), **logs.fields_of(r)} for r in chosen]


def test_every_event_of_a_sweep_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    from tests.fake_api.harness import Scenario  # its first import takes a second

    from .scenarios import spec

    with caplog.at_level(logging.INFO, "sweepjob.controllers.sweep_log"):
        scenario = Scenario(1, spec=spec(6, 2)).run()
    lines = told(caplog)
    assert all(line["namespace"] == "team" and line["sweep"] == "sweep" for line in lines)
    messages = [line["message"] for line in lines]
    assert messages[:2] == ["sweep accepted", "first trial started"]
    assert messages[-1] == "sweep ended"
    ends = scenario.sweep["status"]
    last = lines[-1]
    assert (last["outcome"], last["best"]) == ("Complete", ends["best"]["trial"])
    assert repr(last["value"]) == ends["best"]["value"]
    assert last["EarlyStopped"] == ends["trials"]["earlyStopped"]
    stops = [line for line in lines if line["message"] == "trial stopped"]
    assert len(stops) == ends["trials"]["earlyStopped"] > 0
    for line in stops:
        assert (line["policy"], line["reason"]) == ("bandit", "Bandit")
        assert line["value"] < line["threshold"]
        assert line["interval"] >= 1
        assert line["trial"].startswith("sweep-")


def test_a_refused_spec_is_logged_without_values(caplog: pytest.LogCaptureFixture) -> None:
    from sweepjob.controllers.sweep_log import log_refused

    text = "spec.limits.maxTotalTrials: -1: at least 1; spec.trial.env[0].value: 'hunter2': no"
    with caplog.at_level(logging.INFO, "sweepjob.controllers.sweep_log"):
        log_refused("team", "lr", "InvalidSpec", text)
    [line] = told(caplog)
    assert line["paths"] == "spec.limits.maxTotalTrials,spec.trial.env[0].value"
    assert "hunter2" not in str(line)
