"""When the sidecar leaves with the trainer: late enough not to be started again, and where it pays."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sweepjob.sidecar import early_exit
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore

# Measured: seconds from the start to the first request, and from the end of the connection to the end of
# the process; scikit-learn and MLflow, on two cores with a load of 11 to 17.
MEASURED = [
    *((21.38, 2.4), (21.8, 1.894), (15.29, 3.307)),
    *((93.98, 7.617), (95.04, 7.438), (96.4, 4.436), (96.37, 3.192)),
]


class Trainer:
    """A fake: what is to be seen of it."""

    def __init__(self, loading: float = 0.0) -> None:
        self.first_activity: float | None = time.monotonic() + loading
        self.has_released = False


@pytest.fixture
def store(tmp_path: Path) -> MetricStore:
    return MetricStore(Journal(tmp_path / "journal"), "score", "trial")


def let_go(trainer: Trainer, store: MetricStore, *, lets_go: bool) -> None:
    with store.changed:
        trainer.has_released = lets_go
        store.changed.notify_all()


@pytest.mark.parametrize(("loading", "shutdown"), MEASURED)
def test_measured_trainers_end_before_the_sidecar(loading: float, shutdown: float) -> None:
    assert early_exit.shutdown_time(loading, 1.0) > shutdown


def test_the_wait_for_a_small_script_is_short() -> None:
    assert early_exit.shutdown_time(1.0, 1.0) < 0.5, "most of a kubelet's round is saved"


def test_the_wait_is_longer_on_a_busy_machine() -> None:
    assert early_exit.shutdown_time(2.0, 4.0) > 3 * early_exit.shutdown_time(2.0, 1.0)


def test_the_sidecar_exits_when_the_trainer_closes_its_files(store: MetricStore) -> None:
    trainer, shutdown = Trainer(), threading.Event()
    early_exit.exit_with_trainer(trainer, store, shutdown)
    assert not shutdown.wait(0.5), "not before"
    let_go(trainer, store, lets_go=True)
    assert shutdown.wait(60)


def test_a_trainer_that_opens_files_again_is_running(store: MetricStore) -> None:
    trainer, shutdown = Trainer(loading=8.0), threading.Event()
    early_exit.exit_with_trainer(trainer, store, shutdown)
    let_go(trainer, store, lets_go=True)
    time.sleep(0.2)
    let_go(trainer, store, lets_go=False)
    assert not shutdown.wait(2.5)


def test_long_trials_have_no_early_exit(
    store: MetricStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early_exit, "_MAX_TRIAL_DURATION", 0.2)
    trainer, shutdown = Trainer(), threading.Event()
    early_exit.exit_with_trainer(trainer, store, shutdown)
    time.sleep(1.0)
    let_go(trainer, store, lets_go=True)
    assert not shutdown.wait(1.0)


def test_a_wrong_early_exit_is_not_repeated(store: MetricStore, tmp_path: Path) -> None:
    store.record_early_exit()
    again, trainer, shutdown = (
        MetricStore(Journal(tmp_path / "journal"), "score", "trial"),
        Trainer(),
        threading.Event(),
    )
    early_exit.exit_with_trainer(trainer, again, shutdown)
    let_go(trainer, again, lets_go=True)
    assert not shutdown.wait(1.0)
