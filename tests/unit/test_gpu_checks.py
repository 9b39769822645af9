"""What ``make test-gpu`` calls an error, and that it says so where there is no GPU."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.gpu import __main__ as gpu
from tests.gpu.__main__ import Sample, Trial, check

TRIALS = [
    Trial("gpu-0", "0", 10.0, 20.0, 10.0, 200.0),
    Trial("gpu-1", "1", 10.0, 20.0, 10.0, 200.0),
    Trial("gpu-2", "0", 20.0, 30.0, 10.0, 200.0),
    Trial("gpu-3", "1", 20.0, 30.0, 10.0, 200.0),
    Trial("gpu-4", "0", 30.0, 40.0, 10.0, 200.0),
]
SAMPLES = [Sample(9.0, {"0": 5.0, "1": 5.0})] + [
    Sample(float(t), {"0": 600.0, "1": 600.0 if t < 30 else 5.0}) for t in range(11, 40)
]


def problems(*trials: Trial, samples: list[Sample] = SAMPLES) -> str:
    return "; ".join(check(trials, samples, ["0", "1"]))


def test_right_accounts() -> None:
    assert not problems(*TRIALS)


@pytest.mark.parametrize(
    ("number", "wrong", "expected"),
    [
        (
            2,
            {"started": 15.0, "gpu_seconds": 15.0},
            "gpu-0 and gpu-2 ran at the same time on device 0",
        ),
        (1, {"gpu_seconds": 0.0}, "gpu-1: 0 GPU-seconds on record in 10 s"),
        (
            1,
            {"reserved": 700.0},
            "gpu-1: NVML saw 595 MiB on device 1, and PyTorch reserved 700 MiB",
        ),
        (1, {"reserved": 0.0}, "gpu-1: NVML saw"),
        (4, {"device": "1"}, "gpu-4: NVML saw 0 MiB on device 1"),
    ],
)
def test_wrong_accounts(number: int, wrong: dict[str, float], expected: str) -> None:
    trials = [replace(t, **wrong) if n == number else t for n, t in enumerate(TRIALS)]  # type: ignore[arg-type] # by name
    assert expected in problems(*trials)


def test_trials_that_are_missing_or_use_one_device() -> None:
    assert "4 trials ended, not 5" in problems(*TRIALS[:4])
    assert "trials used the devices ['0'] of ['0', '1']" in problems(
        TRIALS[0], TRIALS[2], TRIALS[4]
    )


def test_without_a_gpu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gpu, "visible_gpus", tuple)
    assert gpu.main() == 0
    assert "skipped: this machine has no NVIDIA GPU" in capsys.readouterr().out
    monkeypatch.setattr(gpu, "visible_gpus", lambda: ("0",))
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setenv("SWEEPJOB_TORCH_PYTHON", "/nonexistent/python")
    assert gpu.main() == 0
    assert "SWEEPJOB_TORCH_PYTHON" in capsys.readouterr().out
