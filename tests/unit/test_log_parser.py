"""Reports in a log: what is found, and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.log_parsing.log_parser import LogParser, nanoseconds
from sweepjob.log_parsing.number_syntax import compile_expressions

from tests.processor_time import assert_within, best_of

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
        ("score=\u22120.5", {"score": -0.5}),
        ("score=1 100 others", {"score": 1}),
        ("score=0.5 123.4", {"score": 0.5}),
        ("score=0.5.", {"score": 0.5}),
        ("score=0.5. Next", {"score": 0.5}),
        ("accuracy: 93.5%", {"accuracy": 93.5}),
        ("score=0.5s", {}),
        ("I1130 20:00:00.1 140 train.py:10] score=1", {"score": 1}),
        ("src/main.rs:7: loss=0.5", {"loss": 0.5}),
        ("http://host:80/x", {}),
        ("2026-01-01 10:20:30 started", {}),
        ("\x1b[32mscore=1\x1b[0m", {"score": 1}),
        ("10/100 score=0.1\r50/100 score=0.2\r100/100 score=0.3", {"score": 0.3}),
        ("score=0.1 score=0.2", {"score": 0.2}),
        ("", {}),
    ],
)
def test_the_usual_forms(line: str, found: dict[str, float]) -> None:
    assert str(dict(LogParser("score").read(line))) == str({k: float(v) for k, v in found.items()})


@pytest.mark.parametrize(
    "line",
    [
        "INFO:root:val_acc=0.93",
        "[INFO]val_acc=0.93",
        "[rank0]:val_acc=0.93",
        "2026-01-01 12:00:00,123 - INFO - val_acc: 0.93",
        "I0101 12:00:00.000000 1234 train.py:56] val_acc = 0.93",
        'val_acc="0.93"',
        "{'loss': '0.3', 'val_acc': '0.93', 'epoch': '1.0'}",
        "{'epoch': 1, 'val_acc': 0.93}",
        '{"val_acc": 0.93, "note": "a,b"}',
        r'{"message": "{\"val_acc\": 0.93}"}',
        r'{"message": "epoch 1\nval_acc=0.93\n"}',
        "val_acc=np.float64(0.93)",
        "{'val_acc': np.float32(0.93)}",
        "val_acc=tensor(0.93, device='cuda:0')",
        "val_acc: tensor(0.93, grad_fn=<NllLossBackward0>)",
        "val_acc=tensor([0.93])",
        "val_acc=array(0.93)",
        "val_acc=array([0.93], dtype=float32)",
        "val_acc=Array(0.93, dtype=float32, weak_type=True)",
        "val_acc=tf.Tensor(0.93, shape=(), dtype=float32)",
        "val_acc=<tf.Tensor: shape=(), dtype=float32, numpy=0.93>",
        "val_acc=Decimal('0.93')",
        "**val_acc**: **0.93**",
        "metrics['val_acc'] = 0.93",
        "[val_acc]: 0.93",
        "val_acc := 0.93",
        "--val_acc=0.93",
        "val_acc=0.93±0.01",
        "val_acc=0.93+/-0.01",
        "val_acc=0.93+-0.01",
        "val_acc=(0.93,)",
        "val_acc=tensor([0.93,])",
        "val_acc: 0.93% | -0.5",
        "val_acc: 0.93 -> saved",
        "val_acc: 0.93 -- 2 more epochs",
        "[3]\tloss:0.61234+0.00321\tval_acc:0.93+0.01",
        "val_acc:0.93+1.5e-3, loss:1+1",
        "val_acc=0.93; next",
        "best val_acc=0.93!",
        "val_acc=0.93: saved to /x",
        "10/10 [00:01<00:00, 9.8it/s, loss=0.123, val_acc=0.93]",
        "Epoch 0: 100%|██████| 94/94 [00:01<00:00, v_num=0, train_loss=0.1, val_acc=0.93]",
        "1875/1875 ━━━━━ 3s 2ms/step - accuracy: 0.8 - loss: 0.53 - val_acc: 0.93 - val_loss: 0.4",
        "\x1b[1m1/10\x1b[0m \x1b[32m━━\x1b[0m val_acc: 0.1\r\x1b[1m10/10\x1b[0m val_acc: \x1b[1m0.93\x1b[0m",
        "\x1b]0;training\x07val_acc=0.93",
        "loss=1 val_acc=0.93\r                    \r",
        "\x00val_acc=0.93",
        "val_acc=0.5\u2028val_acc=0.93",
        "0.93 val_acc=0.93\x0cpage",
        "\ufffdval_acc=0.93\ufffd",
    ],
)
def test_the_forms_that_loggers_and_libraries_print(line: str) -> None:
    lines = LogParser("val_acc")
    assert dict(lines.read(line))["val_acc"] == 0.93
    assert lines.unreadable_values == 0


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        ("précision", "époque 3 précision=0.5"),
        ("точность", "INFO:root:точность: 0.5"),
        ("准确率", "轮次=3，准确率=0.5。"),
        ("验证准确率", "第3轮 验证准确率：0.5，损失：0.1"),
        ("精度", "エポック３　精度＝0.5"),
        ("exactitude", "époque 3, exactitude\u00a0: 0.5"),
        ("exactitude", "exactitude\u202f:\u202f0.5 ; perte\u202f: 1"),
        ("acc", "acc:\u30000.5"),
        ("val acc", "epoch 1 val acc: 0.5"),
        ("acc@1", "acc@1=0.5"),
        ("f1 (macro)", "f1 (macro): 0.5"),
        ("a+b", "a+b=0.5"),
        ("val/acc.top-1", "val/acc.top-1=0.5"),
        ("mAP@0.5", "mAP@0.5: 0.5, mAP@0.5:0.95: 0.4"),
        ("mAP@0.5:0.95", "mAP@0.5: 0.6 mAP@0.5:0.95: 0.5"),
        ("mAP@0.5", "mAP@0.5:0.5 mAP@0.75:0.4"),
        ("acc@5", "acc@5:0.5: saved"),
        ("acc@50", "acc@50:0.5 acc@10:0.95"),
        ("score", "2026-01-01 12:00:00 | INFO | app:score:12 - score: 0.5"),
        ("score", "INFO:root:score:0.5 - next"),
    ],
)
def test_names_of_any_characters(metric: str, line: str) -> None:
    assert dict(LogParser(metric).read(line))[metric] == 0.5


@pytest.mark.parametrize(
    "line",
    [
        *("val_acc=1,234.5", "val_acc=0,93", "val_acc=1.234,5", "val_acc=1'234.5", "val_acc=1\u202f234"),
        *("val_acc=1.2.3", "val_acc=0x1F", "val_acc=12:30", "val_acc=0.93abc", "val_acc=1_000"),
        *("val_acc=0.93s", "val_acc=1e", "val_acc=1e+", "val_acc=3/10", "val_acc=2026-01-01"),
        *("val_acc=0.5-0.6", "val_acc=0.93...", "val_acc=0.93…", "val_acc=1.5×10^3", "val_acc=1.5*10^3"),
        *("val_acc=[0.1, 0.2]", "val_acc=(0.1, 0.2)", "val_acc=tensor([0.1, 0.2])", "val_acc=3+2j"),
        *("val_acc=1 234,5", "val_acc: -12 345.6 ms", "val_acc=1 234 567", "val_acc : 1\u00a0234,5"),
        *("val_acc: 0.90 -> 0.93", "val_acc=0.90 → 0.93", "val_acc: 0.90 --> .93", "val_acc=0.9=>1"),
        *("val_acc: 0.90 -> 0.93 saved", "val_acc: 0.90 -> 0.93.", "val_acc: 9 -> 1e1", "val_acc: 8 -> 9, ok"),
        *("val_acc=1.#QNAN", "val_acc=-1.#IND", "val_acc=1.#INF00"),
        *("val_acc=0.93(2)", "val_acc=1٫5", "val_acc=" + "9" * 500),
    ],
)  # fmt: skip
def test_a_truncated_number_is_reported_and_ignored(line: str) -> None:
    lines = LogParser("val_acc")
    assert "val_acc" not in dict(lines.read(line))
    assert lines.unreadable_values == 1
    assert lines.unreadable_sample.startswith(("val_acc=", "val_acc: ", "val_acc : "))


@pytest.mark.parametrize(
    "line",
    [
        *("xval_acc=1", "best_val_acc=1", "val/val_acc=1", "metrics.val_acc=1", "train-val_acc=1"),
        *(
            "val_acc2=1",
            "val_acc/best=1",
            "val_acc_best: 1",
            "éval_acc=1",
            "@val_acc=1",
            "val_acc 1",
            "val_acc=nano",
            "val_acc: information",
            "val_acc: 40%|████  |",
            "val_acc: 100% 8/8 [00:10<00:00,  1.2it/s]",
            "Class  Images  Box(P  R  mAP50  val_acc): 100% ━━━━━━━━━━━━ 4/4 1.2it/s 5.0s",
            "val_acc: 50% ━━━━━━╸━━━━━ 4/8",
            "val_acc: 100% (10 of 10) |####| Elapsed Time: 0:00:01",
            "val_acc: 40% |####    | 4/10",
            "val_acc: 40% [###>    ] 4/10",
            "val_acc: 0% [         ]",
            "val_acc: 10% [>        ]",
            "val_acc: 10% [#        ]",
            "val_acc: 0% ──────────── 0/4",
            "val_acc: 40% ■■■■      ",
            "val_acc:   0%|          | 0/10 [00:00<?, ?it/s]",
            "saved val_acc=0.93.ckpt",
            "saved 'val_acc=0.93-v1.ckpt'",
            "saved val_acc=0.93/model.safetensors",
            "saved val_acc=3.pt",
            "2026-01-01 12:00:00.123 | INFO     | train.loop:val_acc:12 - evaluating",
            "12:00:00 | DEBUG | __main__:val_acc:7 - done",
        ),
    ],
)
def test_a_longer_name_is_another_metric(line: str) -> None:
    lines = LogParser("val_acc")
    assert "val_acc" not in dict(lines.read(line))
    assert lines.unreadable_values == 0


@pytest.mark.parametrize(
    ("metric", "line"),
    [
        ("mAP@0.5", "mAP@0.5:0.95: 0.4"),
        ("mAP@.5", "mAP@.5:.95 = 0.4"),
        ("AP 0.5", '{"AP 0.5:0.95": 0.4}'),
        ("mAP@0.5", "Epoch  P  R  mAP@0.5  mAP@0.5:0.95"),
        ("mAP@.5", "P R mAP@.5 mAP@.5:.95"),
        ("mAP@0.5", "mAP@0.5:0.95 | 0.4"),
        ("mAP@0.5", "mAP@0.5:0.95 (all) -> 0.4"),
        ("mAP@0.5", "evaluating mAP@0.5:0.95\t0.4"),
        ("mAP@0.5", "mAP@0.5:0.95:0.05: 0.4"),
        ("mAP@0.5", "mAP@0.5:0.05:0.95: 0.4"),
        ("mAP@0.5", "mAP@0.5:0.05:0.95"),
        ("mAP50", "mAP50:95"),
        ("AP_50", "AP_50:95"),
    ],
)
def test_a_range_is_a_part_of_a_name(metric: str, line: str) -> None:
    lines = LogParser(metric, others=[metric + "x"])
    assert lines.read(line) == []
    assert lines.unreadable_values == 0


@given(
    st.floats(),
    st.sampled_from(["", " ", "INFO:x:", "[a]", "loss=1, ", "{'", '{"', "x\r", "\x1b[1m", "100%|█| ["]),
    st.sampled_from(["=", ": ", " = ", "': ", '": ']),
    st.sampled_from(["", " ", ",", ", b=2", "}", "]", ")", "%", ";", "'", "\r", " - next: 3", "\t"]),
    st.sampled_from([repr, "{:.4f}".format, "{:g}".format, "{:+.3e}".format, "'{}'".format, "np.float64({})".format]),
)  # fmt: skip
def test_numbers_in_any_notation(
    value: float, before: str, separator: str, behind: str, shown: Callable[[float], str]
) -> None:
    text = shown(value)
    lines = LogParser("score")
    found = dict(lines.read(f"{before}score{separator}{text}{behind}"))["score"]
    number = text.removeprefix("np.float64(").strip("')")
    assert repr(found) == repr(float(number))


@given(st.text(alphabet="score=:, 0123456789.eE+-x'\"%()[]{}/_\r\x1b", max_size=40))
def test_every_match_is_a_complete_number(line: str) -> None:
    for value in (v for n, v in LogParser("score").read(line) if n == "score"):
        written = re.findall(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", line)
        assert repr(value) in {repr(float(text)) for text in written}


HOSTILE = [
    *("val_acc ", "val_acc=", "val_acc=1,", "a=1 ", "=", ":", "val_acc=((((", "val_acc=tensor("),
    *("val_acc=<tf.Tensor", "a.", "-", " -", "\\n", "\x1b[", "\x1b]", "\x1b[0;", "\x1b[m", "\r", "\r "),
    *("\x08", "val_acc\x08", "val_acc='", "aval_acc=1 ", "é", "\u0301", "val_acc=é", "\x00", "1", "1."),
    *("val_acc\\", "val_acc: ", "{", "[{(", "Attempted to log scalar metric ", "\x1b]8;;\x1b\\"),
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("start", ["", "val_acc=", "val_acc=1", "a=", "\x1b["])
def test_a_hostile_line_is_parsed_in_milliseconds(unit: str, start: str) -> None:
    compile_expressions()
    line = start + unit * (65536 // len(unit))
    assert_within(0.05, lambda: LogParser("val_acc").read(line))


@pytest.mark.parametrize("unit", ["1", "ab ", "x=1 ", "\n"])
def test_parsing_takes_linear_time(unit: str) -> None:
    def cost(size: int) -> float:
        line = unit * (size // len(unit))
        return best_of(5, lambda: LogParser("val_acc", r"(?P<value>(x+x+)+y|1)").read(line))

    assert cost(640_000) < 40 * max(cost(64_000), 0.0005)


def test_quoted_lines_prefer_the_metric_and_are_printable() -> None:
    lines = LogParser("val_acc")
    for line in [
        "hello",
        "epoch 1",
        "loss 0.5",
        "lr 0.1",
        "VAL_ACC \x1b[31m0.93\x07",
        "x" * 500 + "1",
    ]:
        lines.read(line)
    assert lines.samples == ("VAL_ACC 0.93\\x07", "epoch 1", "loss 0.5")
    assert LogParser("a").samples == ()


def test_what_azures_run_log_prints() -> None:
    lines = LogParser("accuracy")
    printed = ["Attempted to log scalar metric val acc:", "0.75", "0.8", "x=1"]
    assert [lines.read(line) for line in printed] == [[], [("val acc", 0.75)], [], [("x", 1.0)]]
    lines.read("Attempted to log scalar metric a:")
    assert lines.read("none of a number") == []


def test_a_custom_pattern() -> None:
    named = LogParser("score", r"METRIC (?P<name>\w+) -> (?P<value>\S+)")
    assert named.read("METRIC score -> 0.5 METRIC loss -> x") == [("score", 0.5)]
    assert named.read("score=0.5") == []
    bare = LogParser("score", r"^final (?P<value>[\d.]+)$")
    assert bare.read("final 0.25") == [("score", 0.25)]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (
            {"source": "logs", "pattern": "("},
            "spec.metrics.pattern: '(': is not a regular expression",
        ),
        ({"source": "logs", "pattern": r"(\w+)=(\d+)"}, "must have a group (?P<value>...)"),
        ({"source": "logs", "pattern": "(?P<value>x)(?=y)"}, "is not a regular expression"),
        ({"source": "file", "pattern": "(?P<value>x)"}, "belongs to source logs; remove it"),
        ({"source": "logs", "path": "/x"}, "belongs to source file or tensorboard or wandb"),
        ({"source": "file", "path": "/metrics.jsonl"}, "in a folder of its own"),
        ({"source": "tensorboard", "path": "runs"}, "must be absolute"),
        ({"source": "mlflow", "port": 80}, "must be at least 1024"),
        ({"source": "tensorbord"}, "unknown; did you mean tensorboard? known: mlflow, pushgateway"),
    ],
)
def test_mistakes_in_metrics(metrics: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        parse_sweepjob(sweepjob(metrics=metrics))
    assert words in str(refused.value)


def test_a_pattern_with_exponential_backtracking_is_fast() -> None:
    lines = LogParser("score", r"(?P<value>(x+x+)+y)")
    assert lines.read("x" * 100_000) == []


@given(st.text(max_size=300))
def test_any_line_can_be_parsed(line: str) -> None:
    assert all(name for name, _ in LogParser("score").read(line))


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


_KERAS_2 = "10/10 [==============================] - {} - loss: 0.{n} - acc: 0.{n}"
_KERAS_3 = "\x1b[1m10/10\x1b[0m \x1b[32m━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m{}\x1b[0m 2ms/step - acc: 0.{n} - loss: 0.{n}"


@pytest.mark.parametrize(
    ("bar", "before", "behind"),
    [(_KERAS_2, "ETA: 0s", "3s 2ms/step"), (_KERAS_3, "0s", "3s"), (_KERAS_2, "3s", "4s")],
)
@pytest.mark.parametrize("metric", ["acc", "val_acc"])
def test_a_bar_of_keras_that_a_callback_breaks(
    bar: str, before: str, behind: str, metric: str
) -> None:
    """What Keras 2 and 3 print with ModelCheckpoint(verbose=1); the values may be equal in all epochs."""
    parser = LogParser(metric)
    lines = []
    for epoch, n in enumerate((5, 6, 6, 7), 1):
        lines += [
            f"Epoch {epoch}/4",
            bar.format(before, n=n).replace("10/10", " 9/10") + "\r" + bar.format(before, n=n),
            f"Epoch {epoch}: val_acc improved from 0.1 to 0.{n}, saving model to m.keras",
            bar.format(behind, n=n) + f" - val_acc: 0.{n} - val_loss: 0.1",
        ]
    found = [dict(parser.read(line)) for line in lines]
    assert [values[metric] for values in found if metric in values] == [0.5, 0.6, 0.6, 0.7]
    assert [values["val_loss"] for values in found if "val_loss" in values] == [0.1] * 4
    assert parser.ambiguity == ""


def test_a_message_of_keras_at_the_beginning_of_an_epoch() -> None:
    """What LearningRateScheduler(verbose=1) prints; a network that does not learn has equal values."""
    bar = "10/10 [==========] - 1s 2ms/step - loss: 2.3026 - accuracy: 0.1000 - val_loss: 2.3026"
    message = "Epoch {}: LearningRateScheduler setting learning rate to 0.01."
    for order in ([message, "Epoch {}/5", bar], ["Epoch {}/5", message, bar]):
        parser = LogParser("accuracy")
        lines = [line.format(epoch) for epoch in range(1, 6) for line in order]
        found = [dict(parser.read(line)) for line in lines]
        values = [values["accuracy"] for values in found if "accuracy" in values]
        assert values == [0.1] * 5


def test_every_match_of_a_pattern_counts_in_the_bars_of_keras() -> None:
    parser = LogParser("acc", r"acc: (?P<value>\S+)")
    lines = [
        "Epoch 1/2",
        " 9/10 [====>.] - ETA: 1s - acc: 0.4",
        "10/10 [======] - ETA: 0s - acc: 0.5",
        "Epoch 1: acc improved from 0.1 to 0.5",
        "10/10 [======] - 1s - acc: 0.5 - val_loss: 0.1",
    ]
    found = [values for line in lines for values in parser.read(line)]
    assert found == [("acc", 0.4), ("acc", 0.5), ("acc", 0.5)]


@pytest.mark.parametrize(
    ("metric", "line", "value"),
    [
        ("accuracy", "Test accuracy: 93% (9300 of 10000)", 93),
        ("accuracy", "accuracy: 93.1% ● new best", 93.1),
        ("accuracy", "accuracy: 93.1% ■ new best", 93.1),
        ("accuracy", "accuracy: 93.1% [#12]", 93.1),
        ("accuracy", "accuracy: 93.1% [> 90%]", 93.1),
        ("accuracy", "accuracy: 93.1% ─ loss 0.3", 93.1),
        ("recall50", "recall50:0.95 recall10:0.80", 0.95),
        ("hits@50", "hits@50:0.95", 0.95),
        ("acc50", "acc50:0.95", 0.95),
        ("acc@.5", "acc@.5:.95", 0.95),
        ("top50", "top50:95", 95),
        ("reward", "reward: 12.5 -> 3 episodes", 12.5),
        ("loss", "loss: 0.5 -> 12.3s", 0.5),
        ("loss", "loss: 0.5 -> 12:30", 0.5),
        ("loss", "loss: 0.5 => 3/10", 0.5),
        ("loss", "loss: 0.5 -> 3e", 0.5),
    ],
)
def test_values_with_something_else_behind_them(metric: str, line: str, value: float) -> None:
    parser = LogParser(metric)
    assert dict(parser.read(line))[metric] == value
    assert parser.unreadable_values == 0


def test_each_state_of_a_bar_of_keras_2_in_a_line_of_its_own() -> None:
    parser = LogParser("acc")
    lines = [f" {n}/10 [==>...] - ETA: {9 - n}s - loss: 1.0 - acc: 0.{n}" for n in range(1, 10)]
    lines += ["10/10 [=====] - ETA: 0s - loss: 1.0 - acc: 0.95", "10/10 [=====] - 3s - acc: 0.95"]
    assert [values for line in lines for values in parser.read(line)] == [("acc", 0.95)]
    assert len(parser.samples) == 3


@pytest.mark.parametrize(
    "lines",
    [
        ["Epoch 1/2", "10/10 [==] - 1s - acc: 0.5", "Epoch 2/2", "10/10 [==] - 1s - acc: 0.5"],
        ["10/10 [==] - 1s - acc: 0.5", "10/10 [==] - 1s - acc: 0.5"],  # of evaluate()
        ["10/10 [==] - 1s - acc: 0.5", "Epoch 1: x", "Epoch 2/2", "10/10 [==] - 1s - acc: 0.6"],
        ["10/10 [==] - 1s - acc: 0.5", "3/3 [==] - 1s - acc: 0.5"],
        ["3/10 acc: 0.5", "3/10 acc: 0.5"],
        ["3/10 | acc: 0.5", "4/10 | acc: 0.5"],
    ],
)
def test_bars_that_are_no_repetitions(lines: list[str]) -> None:
    parser = LogParser("acc")
    assert [len(found) for line in lines if (found := parser.read(line))] == [1, 1]
