"""One name in a log for several metrics, ``train acc: 0.9`` and ``val acc: 0.8``: said, with a pattern that works."""

from __future__ import annotations

import re

import pytest
from sweepjob import protocol
from sweepjob.log_parsing.findings import LogFindings, log_incomplete_reasons
from sweepjob.log_parsing.log_parser import LogParser


def read(metric: str, *lines: str, pattern: str = "") -> tuple[list[float], LogParser]:
    parser = LogParser(metric, pattern)
    found = [dict(parser.read(line)) for line in lines]
    return [values[metric] for values in found if metric in values], parser


AMBIGUOUS = [
    ("Acc", ["train Loss: 0.4 Acc: 0.9", "val Loss: 0.5 Acc: 0.8"], [0.8]),
    ("loss", ["Epoch 1 | Train loss=0.3", "Epoch 1 | Test loss=0.4"], [0.4]),
    ("loss", ["[TRAIN] loss: 0.3", "[VALID] loss: 0.4", "[TRAIN] loss: 0.2"], [0.4]),
    ("auc", ["[1] valid_0's auc: 0.8 training's auc: 0.9"], [0.8]),
    ("mse", ["val mse: 0.4", "test mse: 0.5"], [0.4]),
    ("F1 (macro)", ["training F1 (macro): 1", "evaluation F1 (macro): 0.5"], [0.5]),
    ("loss", ["[TRAIN] {'loss': 0.3}", "[VALID] {'loss': 0.4}"], [0.4]),
    ("loss", ['{"phase": "train", "loss": 0.3}', '{"phase": "val", "loss":0.4,"n":1}'], [0.4]),
    ("loss", ["train nll_loss=0.1 loss=0.3", "val nll_loss=0.2 loss=0.4"], [0.4]),
    ("loss", ["train loss=0.3", "val loss=0.4 nll_loss=0.2"], [0.4]),
    ("loss", ["interval 5 train loss=0.3", "val loss=0.4"], [0.4]),
    ("loss", ["train loss: tensor(-0.3)", "val_2 loss: tensor(-0.4)"], [-0.4]),
    ("loss", ["train | loss => 3%", "val | loss => 4%"], [4]),
    ("loss", ["val loss: 0.3, train loss: 0.4", "val loss: 0.5, train loss: 0.6"], [0.3, 0.5]),
    ("it's", ["train it's: 1", "val it's: 0.5"], [0.5]),
]


@pytest.mark.parametrize(("metric", "lines", "meant"), AMBIGUOUS)
def test_values_of_several_parts_of_the_data_are_told(
    metric: str, lines: list[str], meant: list[float]
) -> None:
    _, parser = read(metric, *lines)
    [(reason, message)] = log_incomplete_reasons(LogFindings(ambiguity=parser.ambiguity), metric)
    assert reason == protocol.AMBIGUOUS_METRIC
    assert f"values of '{metric}'" in message
    found = re.search(r"e\.g\. '(.*)', or print", message)
    assert found is not None
    values, again = read(metric, *lines, pattern=found[1].replace("''", "'"))
    assert values == meant, "the pattern of the message finds the one that is probably meant"
    assert again.ambiguity == ""


@pytest.mark.parametrize(
    ("metric", "lines", "values"),
    [
        ("acc", ["train acc: 0.9, val acc: 0.8", "train acc: 0.95, val acc: 0.7"], [0.8, 0.7]),
        ("val acc", ["train acc: 0.9", "val acc: 0.8"], [0.8]),
        ("val_acc", ["train_acc=0.9 val_acc=0.8"], [0.8]),
        (
            "acc",
            ["training epoch 1", "val acc: 0.8", "training epoch 2", "val acc: 0.9"],
            [0.8, 0.9],
        ),
        (
            "acc",
            ["[train.py:3] acc=0.5", "[valid.py:3] acc=0.6", "/test/x acc=0.7"],
            [0.5, 0.6, 0.7],
        ),
        ("acc", ["train_loss=1 acc=0.5", "val_loss=1 acc=0.6"], [0.5, 0.6]),
        ("acc", ["latest acc=0.5", "intrain acc=0.6", "devil acc=1"], [0.5, 0.6, 1.0]),
        ("acc", ["train acc: 0.9", "training acc: 0.8"], [0.9, 0.8]),
        ("acc", ["acc=0.5", "test acc=0.6"], [0.5, 0.6]),
        ("acc", ['{"train": {"acc": 0.9}, "val": {"acc": 0.8}}'], [0.8]),
    ],
)
def test_what_is_not_ambiguous(metric: str, lines: list[str], values: list[float]) -> None:
    found, parser = read(metric, *lines)
    assert found == values
    assert parser.ambiguity == ""


def test_it_is_told_once_and_at_once() -> None:
    _, parser = read("acc", "train acc: 1")
    before = parser.changes
    parser.read("val acc: 1")
    assert parser.changes == before + 1
    first = parser.ambiguity
    for n in range(100):
        parser.read(f"test acc: {n}")
    assert (parser.changes, parser.ambiguity) == (before + 1, first)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Epoch 3: acc: 0.8 (best acc: 0.9)", 0.8),
        ("acc=0.8 | max acc=0.9 | min acc=0.1", 0.8),
        ("best acc: 0.9, acc: 0.8", 0.8),
        ("Highest acc = 0.9; acc = 0.8; previous acc = 0.7", 0.8),
        ("best acc: 0.9", 0.9),
        ("mean acc: 0.5, best acc: 0.9", 0.9),
        ("acc: 0.7, acc: 0.8", 0.8),
        ("at best epoch acc: 0.9, acc: 0.8", 0.8),
        ("the best: acc=0.7 acc=0.6", 0.6),
        ("lowest 'acc': 0.1, 'acc': 0.4", 0.4),
        ("source acc: 0.91, target acc: 0.72", 0.72),
        ("policy acc: 0.1, baseline acc: 0.4", 0.4),
        ("start acc: 0.95 goal acc: 0.6", 0.6),
        ("Trial 2 finished with acc: 0.4 and x: 1. Best is trial 0 with acc: 0.5.", 0.4),
    ],
)
def test_a_summary_in_a_line_is_not_its_value(line: str, value: float) -> None:
    values, parser = read("acc", line, line)
    assert values == [value, value]
    assert parser.ambiguity == ""


@pytest.mark.parametrize(
    ("lines", "is_ambiguous"),
    [
        (["acc: 0.5", "New best acc: 0.5", "acc: 0.4", "acc: 0.6", "New best acc: 0.6"], True),
        (["acc: 0.5", "Running acc: 0.5", "acc: 0.6"], True),
        (["acc: 0.5", "acc: 0.6", "Best acc: 0.6"], False),  # at the end: the best does not change
        (["best acc: 0.5", "best acc: 0.6"], False),
        (["best acc: 0.5", "acc: 0.6"], False),
        (["acc: 0.5 (best acc: 0.5)", "acc: 0.4 (best acc: 0.5)"], False),
    ],
)
def test_summaries_in_lines_of_their_own(lines: list[str], is_ambiguous: bool) -> None:
    values, parser = read("acc", *lines)
    assert len(values) == len(lines)
    assert bool(parser.ambiguity) is is_ambiguous
    assert ("Print best_acc=0.5" in parser.ambiguity) is is_ambiguous


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (["[rank0]: acc=0.5", "[rank1]: acc=0.4", "[rank0]: acc=0.6"], [0.5, 0.6]),
        (["[default1]:epoch 1 acc: 0.5", "[default0]:epoch 1 acc: 0.4"], [0.4]),
        (["epoch 1 local_rank 10 acc=0.5", "epoch 1 local_rank 1 acc=0.4"], [0.4]),
        (["Rank 1 | acc=0.5", "Rank 10 | acc=0.6", "Rank 0 | acc=0.4"], [0.4]),
        (["[rank: 1] acc=0.5", "[rank: 2] acc=0.4"], [0.5]),
        (['{"rank": 0, "macc": 1, "acc": 0.5}', '{"rank": 1, "macc": 1, "acc": 0.4}'], [0.5]),
        (['{"acc": 0.5, "n": 1, "rank": 10}', '{"acc": 0.4, "n": 1, "rank": 0}'], [0.4]),
        (["acc=0.5 macc=1 rank=0", "acc=0.4 macc=1 rank=1"], [0.5]),
        (["[rank0]: {'acc': 0.5, 'macc': 1}", "[rank1]: {'acc': 0.4, 'macc': 1}"], [0.5]),
        (["[gpu1] acc=0.5", "[gpu0] acc=0.4"], [0.4]),
        (["[cuda:0] acc: 0.5", "[cuda:1] acc: 0.4"], [0.5]),
        (["Process 0: acc: 0.5", "Process 1: acc: 0.4"], [0.5]),
        (["[Worker 0] acc: 0.5", "[Worker 1] acc: 0.4"], [0.5]),
        (["INFO:local_rank=1:acc=0.5", "INFO:local_rank=0:acc=0.4"], [0.4]),
        (["[1,1]<stdout>:acc=0.5", "[1,0]<stdout>:acc=0.4"], [0.4]),
        (["(train pid=7) acc=0.5", "(train pid=8) acc=0.4"], None),
        (["(RayTrainWorker pid=7, ip=10.0.0.1) acc=0.5", "(pid=8) acc=0.4"], None),
    ],
)
def test_values_of_several_processes_are_told(lines: list[str], meant: list[float] | None) -> None:
    values, parser = read("acc", *lines)
    assert len(values) == len(lines)
    assert "several processes of the trial print 'acc'" in parser.ambiguity
    found = re.search(r"select one: '(.*)'", parser.ambiguity)
    assert (found is not None) is (meant is not None)
    if found is not None:
        assert read("acc", *lines, pattern=found[1].replace("''", "'"))[0] == meant


@pytest.mark.parametrize(
    "lines",
    [
        ["[rank0]: acc=0.5", "[rank0]: acc=0.4", "[rank1]: loss=1"],
        ["rank 8: acc=0.5", "rank 8: acc=0.4"],
        ["[0] acc:0.5", "[1] acc:0.4"],  # xgboost
        ["0: acc: 0.5", "1: acc: 0.4"],  # catboost
        ["frank 1 acc=0.5", "frank 2 acc=0.4", "rank-1 acc=1", "top rank 1.5 acc=1"],
        ["acc=0.5 rank 1", "acc=0.4 rank 2"],
        ["[rank0]: acc=0.5", "acc=0.4"],
        ["rank=4 acc=0.5", "rank=8 acc=0.6", "rank=4 acc=0.7"],  # LoRA
        ["Rank 10: acc=0.5", "Rank 20: acc=0.6"],  # of a matrix
        ['{"rank": 8, "acc": 0.5}', '{"rank": 16, "acc": 0.4}'],
        ["acc=0.5 rank=3", "acc=0.4 rank=2"],  # in a list of results
        ["gpu: 0% acc=0.5", "gpu: 35% acc=0.4"],
        ["process 0 of 3 acc=0.5", "process 1 of 3 acc=0.4"],
        ["Worker 3: acc=0.5", "Worker 4: acc=0.4"],
    ],
)
def test_values_of_one_process(lines: list[str]) -> None:
    values, parser = read("acc", *lines)
    assert len(values) >= 2
    assert parser.ambiguity == ""


def epochs(*formats: str, count: int = 8) -> list[str]:
    return [form.format(n=n, acc=n / 16) for n in range(count) for form in formats]


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        (epochs("INFO:root:epoch {n} acc={acc}", "20:00:0{n},123 - root - epoch {n} acc={acc}"), 2),
        (epochs("epoch {n}: acc: {acc} loss: 1", "epoch {n}: acc: {acc} loss: 1"), 2),
        (
            epochs(
                *["20:00:0{n}.1 acc={acc}", "20:00:0{n}.2 acc={acc}", "20:00:0{n}.3 acc={acc}"] * 2
            ),
            6,
        ),
        (epochs("acc={acc}", "acc={acc}", "loss={n}"), 2),
    ],
)
def test_lines_that_come_several_times_are_told(lines: list[str], times: int) -> None:
    values, parser = read("acc", *lines)
    assert len(values) == 8 * times
    assert f"each line with 'acc' {times} times" in parser.ambiguity


@pytest.mark.parametrize(
    "lines",
    [
        epochs("epoch {n} acc={acc}"),
        epochs("acc={acc}", "acc={acc}", count=5),  # perhaps a coincidence
        epochs("step 1{n} acc=0.5", "step 2{n} acc=0.5"),
        epochs("[{n}0] acc:{acc}", "[{n}1] acc:{acc}"),
        epochs("{n}0/99 acc={acc}", "{n}1/99 acc={acc}"),
        epochs("fold 1: acc={acc}", "fold 2: acc={acc}"),
        epochs("acc={acc} loss=1", "acc={acc} loss=2"),
        [f"loss={1 / (n + 1):.3f} acc={n // 2 / 16}" for n in range(16)],  # in each second epoch
        ["acc=0.5"] * 40,
        ["acc=0.1", *epochs("acc={acc}", "acc={acc}")],
    ],
)
def test_values_that_are_equal_by_chance(lines: list[str]) -> None:
    assert read("acc", *lines)[1].ambiguity == ""


@pytest.mark.parametrize(
    ("lines", "pattern", "others"),
    [
        (
            ["train Loss: 0.6 acc: 0.9", "val Loss: 0.7 acc: 0.5"],
            r"(?:^|[\s[(])val\b.*?\sacc[=: ]+(?P<value>[-+.\w]+)(?:,?\s|$)",
            [
                "val macc: 0.1",
                "val best-acc: 0.1",
                "val/acc: 0.1",
                "interval 5 train acc: 0.1",
                "val acc: 1,234",
            ],
        ),
        (
            ["[rank0]: acc=0.9, loss=1", "[rank1]: acc=0.8, loss=1"],
            r"(?:^|[\s[(])rank0\b.*?\sacc[=: ]+(?P<value>[-+.\w]+)(?:,?\s|$)",
            ["[rank01]: acc=0.1", "[rank1]: acc=0.1", "[rank0]: macc=0.1", "[rank0]: acc=1,234"],
        ),
    ],
)
def test_the_pattern_is_short_where_that_finds_the_same(
    lines: list[str], pattern: str, others: list[str]
) -> None:
    _, parser = read("acc", *lines)
    assert f"'{pattern}'" in parser.ambiguity
    assert read("acc", *others, pattern=pattern)[0] == []
