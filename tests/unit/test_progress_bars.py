"""Progress bars in logs: a bar that is drawn again is no second report."""

from __future__ import annotations

import pytest
from sweepjob.log_parsing.log_parser import LogParser

BLOCKS = "█" * 20
# What PyTorch Lightning 2 prints at the end of Trainer.fit.
FIT = [
    f"Epoch 2: 100%|{BLOCKS}| 9/9 [00:00<00:00, 95.10it/s, v_num=0, acc=0.930]"
    "`Trainer.fit` stopped: `max_epochs=3` reached.",
    f"\rEpoch 2: 100%|{BLOCKS}| 9/9 [00:00<00:00, 93.49it/s, v_num=0, acc=0.930]",
]


def reports(lines: list[str]) -> list[float]:
    parser = LogParser("acc")
    return [value for line in lines for name, value in parser.read(line) if name == "acc"]


def test_the_last_bar_of_lightning_is_one_report() -> None:
    drawn = f"\rEpoch 2:  89%|{BLOCKS}| 8/9 [00:00<00:00, 90.00it/s, v_num=0, acc=0.910]\r"
    assert reports([drawn + FIT[0], FIT[1]]) == [0.93]


@pytest.mark.parametrize(
    "lines",
    [
        ["100%|##| 3/3 [00:01<00:00, 1.02s/it, acc=0.5]saved model.pt", "\r100%|##| 3/3 [00:02<00:00, ?it/s, acc=0.5]"],
        ["fit: 100%|##| 3/3 [00:01<00:00, acc=0.5] done", "fit: 100%|##| 3/3 [00:02<00:00, acc=0.5]"],
        ["\x1b[32mfit: 100%|##| 3/3 [00:01<00:00, 3.0it/s, acc=0.5]\x1b[0m done", "fit: 100%|##| 3/3 [00:01<00:00, 3.1it/s, acc=0.5]"],
    ],
)  # fmt: skip
def test_a_bar_behind_a_message_is_one_report(lines: list[str]) -> None:
    assert reports(lines) == [0.5]


@pytest.mark.parametrize(
    "lines",
    [
        ["100%|##| 3/3 [00:01<00:00, acc=0.5]", "100%|##| 3/3 [00:01<00:00, acc=0.5]"],  # a bar an epoch
        ["100%|##| 3/3 [00:01<00:00, acc=0.5] done", "100%|##| 3/3 [00:01<00:00, acc=0.6]"],
        ["fit 1: 100%|##| 3/3 [00:01<00:00, acc=0.5] done", "fit 2: 100%|##| 3/3 [00:01<00:00, acc=0.5]"],
        ["100%|##| 3/3 [00:01<00:00, acc=0.5] done", "acc=0.5", "100%|##| 3/3 [00:01<00:00, acc=0.5]"],
        ["acc=0.5 done", "acc=0.5"],
    ],
)  # fmt: skip
def test_other_lines_are_reports_of_their_own(lines: list[str]) -> None:
    assert len(reports(lines)) == len(lines)
