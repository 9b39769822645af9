"""The same tag in several TensorBoard runs: one is the metric, by rules, or the message says which could be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sweepjob import protocol
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.tensorboard.event_files import EventFiles
from sweepjob.sidecar.sources.tensorboard.run_selection import (
    RunSelection,
    ScalarAction,
    Series,
    match_metric,
    run_precedence,
)

from .event_files import append, event, hparams, log, scalar, tensor


class Sidecar:
    """Its reader on a log directory; ``restart`` is what the kubelet does."""

    def __init__(self, folder: Path, metric: str) -> None:
        self.folder, self.metric = folder / "logs", metric
        self.folder.mkdir(exist_ok=True)
        self._journal = folder / "journal"
        self.restart()

    def restart(self) -> None:
        self.store = MetricStore(Journal(self._journal), self.metric, "trial")
        self.reader = EventFiles(self.folder, self.store)

    def read(self, *, last: bool = False) -> list[float]:
        self.reader.read(last)
        return list(self.store.batch(1).values)

    @property
    def reasons(self) -> list[str]:
        return [notice.reason for notice in self.store.notices]

    @property
    def said(self) -> str:
        return " ".join(notice.message for notice in self.store.notices)


def test_validation_counts_although_training_was_written_first(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "epoch_accuracy")
    for epoch in range(3):
        append(sidecar.folder, "train", event(tensor("epoch_accuracy", 1.0 - epoch / 8)))
        sidecar.read()
        append(sidecar.folder, "validation", event(tensor("epoch_accuracy", epoch / 4)))
        sidecar.read()
    assert sidecar.read(last=True) == [0, 0.25, 0.5]
    assert sidecar.store.notices == ()
    assert sidecar.store.batch(1).metric_names == ("epoch_accuracy", "train/epoch_accuracy")


@pytest.mark.parametrize(
    ("metric", "files", "expected"),
    [
        ("validation/acc", {"train": 1, "validation": 2}, 2),  # run and tag
        ("train/acc", {"train": 1, "validation": 2}, 1),  # whatever the order of runs
        ("val/acc", {"logs/fit/20260101-1200/train": 1, "logs/fit/20260101-1200/val": 2}, 2),
        ("acc", {"": 1, "eval": 2}, 1),  # the log directory itself
        ("acc", {"version_0": 3}, 3),  # the only one
        ("acc", {"acc_train": 1, "acc_val": 2}, 2),  # PyTorch's add_scalars
        ("acc", {"TEST": 1, "Validation": 2}, 2),
        ("acc", {"train": 1, "tuned": 2}, 2),
        ("acc", {"resnet/train": 1, "resnet/dev": 2}, 2),
    ],
)
def test_one_run_is_chosen(
    tmp_path: Path, metric: str, files: dict[str, float], expected: float
) -> None:
    sidecar = Sidecar(tmp_path, metric)
    for run, value in files.items():
        log(sidecar.folder, run, "acc", [value, value + 10])
    assert sidecar.read() == [expected, expected + 10]
    assert sidecar.store.notices == ()


def test_a_tag_may_have_slashes_itself(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "validation/epoch/acc")
    log(sidecar.folder, "validation", "epoch/acc", [0.5])
    log(sidecar.folder, "version_0", "train/epoch/acc", [0.75])
    assert sidecar.read() == [0.5]
    (tmp_path / "journal").unlink()
    assert Sidecar(tmp_path, "train/epoch/acc").read() == [0.75]


def test_an_ambiguous_name_is_the_tag_and_reported(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "val/acc")
    log(sidecar.folder, "val", "acc", [0.25])
    log(sidecar.folder, "version_0", "val/acc", [0.5])
    assert sidecar.read() == [0.5]
    assert sidecar.reasons == [protocol.AMBIGUOUS_METRIC]
    assert "tag 'acc' of run 'val'" in sidecar.said
    assert "primaryMetric, e.g. 'version_0/val/acc'" in sidecar.said


def test_ambiguous_runs_are_listed(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "loss")
    for run in ("generator", "discriminator", "encoder"):
        log(sidecar.folder, run, "loss", [1.0, 2.0])
    assert sidecar.read() == [1.0, 2.0], "of one of them"
    assert sidecar.reasons == [protocol.AMBIGUOUS_METRIC]
    for run in ("generator", "discriminator", "encoder"):
        assert f"'{run}'" in sidecar.said
    assert "objective.primaryMetric, e.g. 'encoder/loss'" in sidecar.said
    sidecar.restart()
    log(sidecar.folder, "discriminator", "loss", [3.0])
    assert sidecar.read() == [1.0, 2.0, 3.0]
    assert sidecar.reasons == [protocol.AMBIGUOUS_METRIC]


def test_training_is_withheld_until_its_second_report(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    log(sidecar.folder, "train", "acc", [0.5])
    assert sidecar.read() == sidecar.read() == []
    sidecar.restart()
    assert sidecar.read() == [], "it is not reported by a restart"
    log(sidecar.folder, "train", "acc", [0.75])
    assert sidecar.read() == [0.5, 0.75]
    sidecar.restart()
    log(sidecar.folder, "train", "acc", [1.0])
    assert sidecar.read() == [0.5, 0.75, 1.0]
    assert sidecar.store.notices == ()


def test_a_single_report_of_training_counts_at_the_end(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    log(sidecar.folder, "train", "acc", [0.5])
    assert sidecar.read() == []
    assert sidecar.read(last=True) == [0.5]


def test_a_run_with_more_reports_later_is_reported(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    log(sidecar.folder, "train", "acc", [0.5, 0.625])
    assert sidecar.read() == [0.5, 0.625]
    log(sidecar.folder, "validation", "acc", [0.25])
    log(sidecar.folder, "train", "acc", [0.75])
    assert sidecar.read() == [0.5, 0.625, 0.75], "a curve is of one run"
    assert sidecar.reasons == [protocol.AMBIGUOUS_METRIC]
    assert "e.g. 'validation/acc'" in sidecar.said


def test_training_waits_for_a_run_that_has_begun_a_file(tmp_path: Path) -> None:
    """Files are flushed when their buffers are full: training's first as a rule."""
    selection = RunSelection("acc", 0.0)
    train, validation = Series("train", "acc"), Series("validation", "acc")
    selection.begin_pass({"train", "validation"}, 100.0, last=False)
    assert selection.decide(train, 0, 1.0, ("t", 1)) is ScalarAction.HOLD
    assert selection.decide(train, 0, 1.0, ("t", 2)) is ScalarAction.HOLD
    selection.begin_pass({"train", "validation"}, 105.0, last=False)
    assert selection.decide(validation, 0, 1.0, ("v", 1)) is ScalarAction.REPORT
    assert selection.decide(train, 0, 1.0, ("t", 1)) is ScalarAction.IGNORE
    assert selection.ambiguity() == ""
    silent = RunSelection("acc", 0.0)
    for now, pending_stop in (
        (100.0, ScalarAction.HOLD),
        (109.0, ScalarAction.HOLD),
        (111.0, ScalarAction.REPORT),
    ):
        silent.begin_pass({"train", "validation"}, now, last=False)
        silent.decide(train, 0, 1.0, ("t", 1))
        assert silent.decide(train, 0, 1.0, ("t", 2)) is pending_stop


@pytest.mark.parametrize("folder", ["1700000000.123", "hparams", "run/1700000000.5"])
def test_what_add_hparams_repeats_is_no_report(tmp_path: Path, folder: str) -> None:
    """PyTorch and tensorboardX write the final metrics again, into a folder below."""
    sidecar = Sidecar(tmp_path, "val_acc")
    run = folder.rpartition("/")[0]
    sessions = [hparams(t) for t in ("experiment", "session_start_info", "session_end_info")]
    append(sidecar.folder, run)  # its buffer has not been flushed yet
    append(sidecar.folder, folder, *map(event, sessions), event(scalar("val_acc", 0.375)))
    assert sidecar.read() == []
    log(sidecar.folder, run, "val_acc", [0.25, 0.5, 0.375])
    assert sidecar.read() == [0.25, 0.5, 0.375]
    append(
        sidecar.folder, f"{run}/1800000000", *map(event, sessions), event(scalar("val_acc", 0.5))
    )
    sidecar.restart()
    assert sidecar.read(last=True) == [0.25, 0.5, 0.375]
    assert sidecar.store.notices == ()


def test_add_hparams_into_the_same_folder(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    log(sidecar.folder, "", "acc", [0.25, 0.5], name="1.host")
    session = event(hparams("session_start_info"))
    append(sidecar.folder, "", session, event(scalar("acc", 0.5)), name="2.host")
    assert sidecar.read(last=True) == [0.25, 0.5]


def test_metrics_of_add_hparams_alone_count(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    append(sidecar.folder, "")
    session = event(hparams("session_start_info"))
    for number, value in enumerate((0.25, 0.5)):
        append(sidecar.folder, f"170000000{number}.1", session, event(scalar("acc", value)))
    assert sidecar.read(last=True) == [0.25, 0.5]
    assert sidecar.store.notices == ()


def test_lightning_writes_its_hparams_into_the_run_itself(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "val_acc")
    run = "lightning_logs/version_0"
    append(sidecar.folder, run, event(hparams("session_start_info")))
    log(sidecar.folder, run, "val_acc", [0.25])
    assert sidecar.read() == [0.25], "at once: nothing else may come"


def test_files_of_a_run_one_after_the_other(tmp_path: Path) -> None:
    """A resumed script writes another file, and may write a step again: each is a report."""
    sidecar = Sidecar(tmp_path, "acc")
    log(sidecar.folder, "run", "acc", [1, 2, 3], name="1700000000.host")
    assert sidecar.read() == [1, 2, 3]
    log(sidecar.folder, "run", "acc", [2.5, 3.5], name="1700000100.host")
    assert sidecar.read() == [1, 2, 3, 2.5, 3.5]


def test_a_run_of_an_earlier_attempt_gives_way(tmp_path: Path) -> None:
    """On a volume that is kept, with folders named after the time."""
    sidecar = Sidecar(tmp_path, "acc")
    now = time.time()
    old, new = (event(scalar("acc", v), wall_time=now + t) for v, t in ((0.25, -3600), (0.5, 1)))
    append(sidecar.folder, "20260101-100000", old)
    assert sidecar.read() == [0.25]
    append(sidecar.folder, "20260101-110000", new, new)
    assert sidecar.read() == [0.25, 0.5, 0.5]
    assert sidecar.store.notices == ()


def test_links_to_a_run_are_no_reports(tmp_path: Path) -> None:
    sidecar = Sidecar(tmp_path, "acc")
    file = log(sidecar.folder, "run", "acc", [1, 2])
    (sidecar.folder / "latest").symlink_to(sidecar.folder / "run")
    (sidecar.folder / "a-tfevents").symlink_to(file)
    (sidecar.folder / "loop").symlink_to(sidecar.folder)
    assert sidecar.read() == [1, 2]
    assert sidecar.store.notices == ()


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("", "validation"),
        ("my_val", "eval"),
        ("eval_2", "test"),
        ("holdout", "model"),
        ("model", "train"),
        ("model", "loss-train"),
        ("validation/best", "test/best"),
    ],
)
def test_order_of_runs(earlier: str, later: str) -> None:
    assert run_precedence(earlier) < run_precedence(later)


@pytest.mark.parametrize("run", ["train_val", "constrained", "latest", "version_0"])
def test_similar_words_are_no_validation_run(run: str) -> None:
    assert run_precedence(run) == run_precedence("model")


@pytest.mark.parametrize(
    ("metric", "run", "tag", "reading"),
    [
        ("acc", "", "acc", 0),
        ("a/b", "", "a/b", 0),
        ("a/b", "a", "b", 1),
        ("a/b/c", "a", "b/c", 1),
        ("b/c", "a/b", "c", 2),
        ("b/c", "ab", "c", None),
        ("b/c", "", "c", None),
        ("c", "b", "b/c", None),
    ],
)
def test_readings_of_a_name(metric: str, run: str, tag: str, reading: int | None) -> None:
    assert match_metric(metric, run, tag) == reading
