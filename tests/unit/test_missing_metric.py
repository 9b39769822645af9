"""What is advised when the primary metric was never reported: it fits the way the script reports."""

from __future__ import annotations

import pytest
from sweepjob import protocol
from sweepjob.api.messages.missing_metric import missing_metric_message
from sweepjob.api.spec.metrics import Metrics
from sweepjob.log_parsing.log_parser import LogParser

ELSEWHERE = [source for source in protocol.SOURCES if source != protocol.MLFLOW]


def advice(
    metrics: Metrics, seen: tuple[str, ...] = (), samples: tuple[str, ...] = (), doubt: str = ""
) -> str:
    return missing_metric_message(
        "s-3", "val_acc", metrics, seen, samples, (doubt,) if doubt else ()
    )


@pytest.mark.parametrize("source", ELSEWHERE)
@pytest.mark.parametrize("seen", [(), ("loss",)])
def test_mlflow_is_mentioned_for_its_source_only(source: str, seen: tuple[str, ...]) -> None:
    said = advice(Metrics(source, 9091, "/metrics/m.jsonl"), seen, ("1",))
    assert "MLflow" not in said
    assert "never reported the primary metric 'val_acc'" in said


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (Metrics(), "Log 'val_acc' with MLflow to the server that MLFLOW_TRACKING_URI names"),
        (
            Metrics(protocol.PUSHGATEWAY, 9091),
            "that SWEEPJOB_PUSHGATEWAY names (in a pod localhost:9091)",
        ),
        (
            Metrics(protocol.FILE, 0, "/metrics/m.jsonl"),
            '{"val_acc": 0.5} to the file that SWEEPJOB_METRICS_PATH names (in a pod /metrics/m.jsonl)',
        ),
        (
            Metrics(protocol.TENSORBOARD, 0, "/metrics"),
            "below the folder that SWEEPJOB_METRICS_PATH names (in a pod /metrics)",
        ),
        (Metrics(protocol.LOGS, 0), "'val_acc=0.5' or 'val_acc: 0.5'"),
        (
            Metrics(protocol.LOGS, 0, "", "acc (?P<value>x)"),
            "metrics.pattern is 'acc (?P<value>x)'",
        ),
    ],
)
def test_the_message_shows_how_to_report(metrics: Metrics, words: str) -> None:
    assert words in advice(metrics)


@pytest.mark.parametrize("source", protocol.SOURCES)
def test_a_script_that_prints_is_told_of_the_source(source: str) -> None:
    told = "If it prints the metric, set metrics.source to logs" in advice(Metrics(source, 9091))
    assert told is (source != protocol.LOGS)


def test_a_similar_name_is_suggested() -> None:
    said = advice(Metrics(protocol.LOGS, 0), ("epoch", "val_accuracy", "loss"))
    assert "epoch, val_accuracy, loss" in said
    assert "Create the sweep with 'val_accuracy', which is close, as primaryMetric" in said
    assert "one of these" in advice(Metrics(), ("epoch", "time"))


def test_many_names_are_not_all_listed() -> None:
    assert "and 30 more" in advice(Metrics(), tuple(f"metric{n:02}" for n in range(50)))


def test_lines_of_the_log_are_quoted() -> None:
    said = advice(Metrics(protocol.LOGS, 0), (), ("epoch 1 val_acc 0.9", "val_acc=0,93"))
    assert "Lines of the log: 'epoch 1 val_acc 0.9'; 'val_acc=0,93'." in said
    assert "no line with a number" in advice(Metrics(protocol.LOGS, 0))


@pytest.mark.parametrize(
    ("metric", "line", "value"),
    [
        ("val_acc", "epoch 1 val_acc 0.9", 0.9),
        ("val_acc", "epoch 1 val_acc -> -1.5e-3 ok", -0.0015),
        ("val_acc", "val_acc,0.9", 0.9),
        ("val_acc", "val_acc (mean): 0.9", 0.9),
        ("val_acc", '{"metric": "val_acc", "value": 0.9, "step": 1}', 0.9),
        ("ep_rew_mean", "|    ep_rew_mean     | 21.3         |", 21.3),
        ("Acc@1", " * Acc@1 10.500 Acc@5 20.300", 10.5),
        ("Accuracy", "Average loss: 0.05, Accuracy: 9800/10000 (98%)", 98),
        ("valid's loss (x)", "valid's loss (x)  0.25", 0.25),
        ("loss", "valid | loss 5.1 | nll_loss 3.9 | best_loss 5.0", 5.1),
        ("acc", "acc 0.9 max_acc 0.95", 0.9),
        ("acc", "acc .5", 0.5),
        ("acc", "acc is -0.9.", -0.9),
        ("acc", "acc\t0.9", 0.9),
        ("acc", "acc ....... 0.9", 0.9),
        ("val_loss", "2026-01-01 00:00:00: val_loss -0.6", -0.6),
    ],
)
def test_a_pattern_for_the_lines_is_suggested(metric: str, line: str, value: float) -> None:
    said = missing_metric_message("s-3", metric, Metrics(protocol.LOGS, 0), (), (line,), ())
    pattern = said.rpartition("any other form, here '")[2].removesuffix("'.").replace("''", "'")
    assert LogParser(metric, pattern).read(line) == [(metric, value)]


@pytest.mark.parametrize(
    "line",
    [
        "val_acc improved from 0.8 to 0.9",
        "val_acc 98/100",
        "best_val_acc 0.9",
        "val_acc 12:30",
        "val_acc 1,5",
        "val_acc epoch 3: 0.9",
        "val_acc after 3 epochs: 0.9",
        "val_acc (3 epochs) 0.9",
        "val_acc 0.9 max val_acc 0.95",
        "val_acc 2026-01-01 0.9",
        "val_acc@5 0.9",
    ],
)
def test_no_pattern_is_suggested_for_what_may_be_another_number(line: str) -> None:
    assert advice(Metrics(protocol.LOGS, 0), (), (line,)).endswith("for any other form.")


def test_a_suggested_pattern_finds_what_is_not_finite() -> None:
    said = advice(Metrics(protocol.LOGS, 0), (), ("val_acc 0.9",))
    pattern = said.rpartition("any other form, here '")[2].removesuffix("'.")
    found = [
        LogParser("val_acc", pattern).read(f"val_acc {text}") for text in ("nan", "-inf", "info")
    ]
    assert str(found) == "[[('val_acc', nan)], [('val_acc', -inf)], []]"


@pytest.mark.parametrize(
    "other",
    [
        *("best_val_acc 0.99", "val_acc_ema 0.99", "train/val_acc 0.99", "val_acc 1,234", "val_acc 12:30"),
        *("val_acc@5 0.99", "val_acc 0.9/1.0", "val_acc 5 6.7.8"),
    ],
)  # fmt: skip
def test_a_suggested_pattern_finds_no_other_number(other: str) -> None:
    said = advice(Metrics(protocol.LOGS, 0), (), ("val_acc 0.9",))
    pattern = said.rpartition("any other form, here '")[2].removesuffix("'.")
    found = dict(LogParser("val_acc", pattern).read(other)).get("val_acc")
    assert found == (5.0 if other == "val_acc 5 6.7.8" else None)


def test_an_unreadable_log_is_named_as_the_reason() -> None:
    said = advice(
        Metrics(protocol.LOGS, 0), doubt="its log could not be read to the end: 403: forbidden"
    )
    assert "Its log could not be read to the end: 403: forbidden." in said
    assert "pattern" not in said
