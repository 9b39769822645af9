"""Values in the line after their name, as print and rich write them."""

from __future__ import annotations

import pytest
from sweepjob.log_parsing.log_parser import LogParser

# What rich.logging.RichHandler and rich.print write without a terminal, at 80 columns.
_HANDLER = [
    "[11/30/26 20:00:00] INFO     epoch 3/10 train_loss: 0.51234 val_acc:   train.py:12",
    "                             0.91234 after 12 s                                   ",
]
_PRINTED = [
    "epoch 3/10 training loss: 0.500000 validation loss: 0.400000 and the val_acc:",
    "0.91234 lr: 0.1",
]


def values(lines: list[str], metric: str = "val_acc", **options: object) -> list[float | None]:
    parser = LogParser(metric, **options)  # type: ignore[arg-type] # any options
    return [dict(parser.read(line)).get(metric) for line in lines]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["val_acc:", "0.9"], [None, 0.9]),
        (["epoch 1 val_acc =", "  -1.5e-3  "], [None, -0.0015]),
        (["'val_acc':", " 0.5,"], [None, 0.5]),
        (["val_acc:", "tensor(0.5)"], [None, None]),
        (["val_acc:", "nan"], [None, "nan"]),
        (["\x1b[1mval_acc\x1b[0m:", "\x1b[36m0.9\x1b[0m"], [None, 0.9]),
        (_HANDLER, [None, 0.91234]),
        ([_HANDLER[0].removesuffix(":12"), _HANDLER[1]], [None, 0.91234]),
        (_PRINTED, [None, 0.91234]),
        (
            [
                "                             val_loss: 0.40000 val_acc:",
                " " * 29 + "0.009964027 ok",
            ],
            [None, 0.009964027],
        ),
        ([*_PRINTED, *_PRINTED], [None, 0.91234, None, 0.91234]),
        (
            [
                _HANDLER[0].replace("val_acc:  ", "val_acc   "),
                _HANDLER[1].replace("0.91", "= 0.91"),
            ],
            [None, 0.91234],
        ),
        ([_PRINTED[0].replace("the val_acc:", "thereof val_acc"), ": 0.91234 lr"], [None, 0.91234]),
    ],
)
def test_a_value_in_the_next_line(lines: list[str], expected: list[object]) -> None:
    assert [str(value) for value in values(lines)] == [str(value) for value in expected]


@pytest.mark.parametrize(
    "lines",
    [
        ["val_acc:", "0 0.5", "1 0.6"],  # the heading of a table
        ["            val_acc:", "            0 0.5"],
        ["val_acc:", "", "0.5"],
        ["val_acc:", "epoch", "0.5"],
        ["val_acc:", "- 0.5"],
        ["val_acc: [", "0.5"],
        ["best_val_acc:", "0.5"],
        ["val_acc", "0.5"],
        ["val_acc", "= 0.5"],
        ["and the val_acc", ": 0.5 and more"],
        [_HANDLER[0].replace("val_acc:  ", "val_acc   "), _HANDLER[1]],
        ["about val_acc: none", "0.5"],
        [_HANDLER[0], "0.5 s later"],
        ["x" * 2000 + " val_acc:", "0.5"],
    ],
)
def test_a_number_that_is_not_the_value(lines: list[str]) -> None:
    assert set(values(lines)) == {None}


def test_wide_characters_take_two_columns() -> None:
    """As rich.print writes them at 80 columns."""
    line = "第 3 轮 训练损失: 0.5 验证损失: 0.40000000 学习率: 0.0001 批量: 64 验证准确率:"
    assert values([line, "0.91234 后"], "验证准确率") == [None, 0.91234]
    assert values([line.replace("批量: 64 ", ""), "0.91234 后"], "验证准确率") == [None, None]


def test_a_line_with_a_value_counts_once() -> None:
    assert values(["val_acc: 0.5 best val_acc:", "0.9"]) == [0.5, None]


def test_a_value_in_the_next_line_that_is_no_number_is_told() -> None:
    parser = LogParser("val_acc")
    assert parser.read("val_acc:") == parser.read("0,93") == []
    assert parser.unreadable_sample == "val_acc: 0,93"


def test_another_objective_in_the_next_line() -> None:
    lines = ["loss: 0.1 size:", "12.5", "size: 9"]
    assert values(lines, "size") == [None, 12.5, 9]
    parser = LogParser("loss", others=["size"])
    assert [dict(parser.read(line)) for line in lines] == [
        {"loss": 0.1},
        {"size": 12.5},
        {"size": 9},
    ]


def test_parts_of_a_long_line_are_no_lines() -> None:
    parser = LogParser("val_acc")
    assert parser.read("val_acc:", ends=False) == []
    assert parser.read(" 0.5") == [("val_acc", 0.5)]
    assert parser.read("0.7") == []


def test_a_pattern_finds_its_values_alone() -> None:
    pattern = "acc (?P<value>.*)"
    assert values(["val_acc:", "0.9"], pattern=pattern) == [None, None]
