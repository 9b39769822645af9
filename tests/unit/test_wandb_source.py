"""Reports from the files of W&B's client, while they grow."""

from __future__ import annotations

import json
import math
import os
import random
import resource
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob import protocol
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.wandb import run_files, transaction_log
from sweepjob.sidecar.sources.wandb.run_files import WandbRuns
from sweepjob.training.wandb_files import history_frames
from sweepjob.trial_pods.wandb import parameters_file

from .builders import sweepjob
from .jobs import ASSIGNMENT, environment, manifest
from .wandb_files import BLOCK, HEADER, log, new_row, old_row, summary, write

METRIC = "val.acc"


class Reader:
    """The source with what it has reported; a new one goes on with the same folder."""

    def __init__(self, folder: Path, metric: str = METRIC) -> None:
        self.store = MetricStore(Journal(folder / "journal"), metric, "sweep-1")
        self.runs = WandbRuns(folder, self.store)

    def values(self, *, last: bool = False) -> list[float]:
        self.runs.read(last)
        return list(self.store.batch(1).values)

    @property
    def notices(self) -> list[tuple[str, str]]:
        return [(n.reason, n.message) for n in self.store.notices]

    @property
    def names(self) -> tuple[str, ...]:
        return self.store.batch(1).metric_names


ROW = {
    "val": {"acc": 0.5, "deep": {"x": 1}},
    "loss": 2.0,
    "a.b": 3,
    "text": "x",
    "_step": 4,
    "flag": True,
}


@pytest.mark.parametrize("row", [old_row, new_row])
def test_names_and_numbers_are_those_that_the_script_logs(tmp_path: Path, row: Any) -> None:
    table = {"_type": "table-file", "size": 33, "path": "x"}
    write(tmp_path, log(row({**ROW, "table": table, "inside": {"table": table, "n": 1}})))
    reader = Reader(tmp_path)
    assert reader.values() == [0.5]
    assert sorted(reader.names) == sorted([METRIC, "val.deep.x", "loss", "a.b", "inside.n"])
    assert reader.notices == []


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e-320, 12345678901234567890, 10**400]
)
def test_odd_numbers(tmp_path: Path, value: float) -> None:
    write(tmp_path, log(new_row({"loss": value})))
    [found] = Reader(tmp_path, "loss").values()
    expected = math.inf if value == 10**400 else float(value)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_a_file_is_read_while_it_grows(tmp_path: Path) -> None:
    rows = [
        new_row({"val": {"acc": n}, "pad": "x" * random.Random(n).randrange(9000)})
        for n in range(60)
    ]
    whole = log(field_of_another_kind(), *rows)
    reader = Reader(tmp_path)
    path, seen, cut = write(tmp_path, b""), 0, random.Random(5)
    size = 0
    while size < len(whole):
        size = min(len(whole), size + cut.randrange(1, 20_000))
        path.write_bytes(whole[:size])
        found = reader.values()
        assert found == [float(n) for n in range(len(found))]
        assert len(found) >= seen
        seen = len(found)
        if cut.random() < 0.2:
            reader = Reader(tmp_path)  # a sidecar that is killed and restarted
    assert reader.values(last=True) == [float(n) for n in range(60)]
    assert reader.notices == []


def field_of_another_kind() -> bytes:
    """A record that is longer than a block and is not needed."""
    return b"\x2a" + bytes([0xE8, 0x87, 0x0F]) + bytes(0x3C3E8)


def test_a_record_that_ends_where_no_frame_fits(tmp_path: Path) -> None:
    base = len(new_row({"val": {"acc": 1}, "pad": ""})) + len(HEADER) + 7
    for left in range(9):
        pad = "x" * (BLOCK - base - left - 2)
        data = log(new_row({"val": {"acc": 1}, "pad": pad}), new_row({"val": {"acc": 2}}))
        folder = tmp_path / str(left)
        write(folder, data)
        assert Reader(folder).values(last=True) == [1.0, 2.0], left


def test_all_runs_count_in_their_order_and_are_named(tmp_path: Path) -> None:
    write(tmp_path, log(new_row({"val": {"acc": 2}})), "b2", "20260102_000000")
    write(tmp_path, log(new_row({"val": {"acc": 1}})), "z1", "20260101_000000")
    write(tmp_path, log(new_row({"loss": 1})), "c3", "20260103_000000")
    reader = Reader(tmp_path)
    assert reader.values() == [1.0, 2.0]
    [(reason, message)] = reader.notices
    assert reason == protocol.AMBIGUOUS_METRIC
    assert "run-z1, run-b2" in message


def test_rows_of_several_files_are_in_the_order_of_their_times(tmp_path: Path) -> None:
    """Three runs within a second, the third of which resumes the first, are read at once."""

    def row(value: float, time: float | None) -> bytes:
        own = {} if time is None else {"_timestamp": time}
        return new_row({"val": {"acc": value}, **own})

    moment = "20260101_000000"
    write(tmp_path, log(row(1, 10.0), row(4, 10.9)), "a1", moment)
    write(tmp_path, log(row(2, 10.3), row(3, None), row(5, 11.5)), "b2", moment)
    assert Reader(tmp_path).values() == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_many_runs_are_read_with_few_open_files(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    for n in range(300):
        write(tmp_path, log(new_row({"val": {"acc": n}})), f"r{n:03}", f"20260101_{n:06}")
    used = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 70, limits[1]))
    try:
        assert Reader(tmp_path).values() == [float(n) for n in range(300)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_resumed_run_is_one(tmp_path: Path) -> None:
    write(tmp_path, log(new_row({"val": {"acc": 1}})), "a1", "20260101_000000")
    reader = Reader(tmp_path)
    assert reader.values() == [1.0]
    write(tmp_path, log(new_row({"val": {"acc": 2}})), "a1", "20260101_000500")
    assert reader.values() == [1.0, 2.0]
    assert reader.notices == []


def test_the_link_to_the_newest_run_is_not_another_one(tmp_path: Path) -> None:
    path = write(tmp_path, log(new_row({"val": {"acc": 1}})))
    (tmp_path / "wandb" / "latest-run").symlink_to(path.parent.name)
    assert Reader(tmp_path).values() == [1.0]


def test_a_metric_of_the_summary_only_is_reported_at_the_end(tmp_path: Path) -> None:
    write(
        tmp_path,
        log(summary({"val": {"acc": 1}}), new_row({"loss": 1}), summary({"val": {"acc": 2}})),
    )
    assert Reader(tmp_path).values() == []
    reader = Reader(tmp_path)  # after a restart
    assert reader.values(last=True) == [2.0]
    assert reader.values(last=True) == [2.0]
    both = tmp_path / "both"
    write(both, log(new_row({"val": {"acc": 3}}), summary({"val": {"acc": 9}})))
    assert Reader(both).values(last=True) == [3.0]


def test_damage_is_said_and_what_follows_is_read(tmp_path: Path) -> None:
    rows = [new_row({"val": {"acc": n}, "pad": "x" * 1000}) for n in range(100)]
    data = bytearray(log(*rows))
    data[5000] ^= 0xFF
    write(tmp_path, bytes(data))
    reader = Reader(tmp_path)
    found = reader.values(last=True)
    assert found[-1] == 99.0
    assert len(found) < 100
    assert "is damaged before byte" in reader.notices[0][1]


@pytest.mark.parametrize("cut", [1, 3, 20])
def test_a_record_that_is_cut_off_is_said_at_the_end(tmp_path: Path, cut: int) -> None:
    data = log(new_row({"val": {"acc": 1}}), new_row({"val": {"acc": 2}}))
    write(tmp_path, data[:-cut])
    reader = Reader(tmp_path)
    assert reader.values() == [1.0]
    assert reader.notices == []
    reader.values(last=True)
    assert reader.notices[0][0] == protocol.REPORTS_INCOMPLETE


def test_a_preallocated_end_is_no_damage(tmp_path: Path) -> None:
    write(tmp_path, log(new_row({"val": {"acc": 1}})) + bytes(500))
    reader = Reader(tmp_path)
    assert reader.values(last=True) == [1.0]


def test_other_files_are_said(tmp_path: Path) -> None:
    write(tmp_path, b"SQLite format 3")
    reader = Reader(tmp_path)
    assert reader.values() == []
    assert "is not a file of W&B's client" in reader.notices[0][1]


def test_values_that_are_no_numbers_are_said(tmp_path: Path) -> None:
    write(tmp_path, log(new_row({"val": {"acc": "high"}}), new_row({"val": {"acc": None}})))
    reader = Reader(tmp_path)
    assert reader.values() == []
    assert "not a number: 'high'" in reader.notices[0][1]


def test_a_row_that_is_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction_log, "LONGEST", 50_000)
    monkeypatch.setattr(run_files, "LONGEST", 50_000)
    write(
        tmp_path,
        log(new_row({"val": {"acc": 1}, "pad": "x" * 60_000}), new_row({"val": {"acc": 2}})),
    )
    reader = Reader(tmp_path)
    assert reader.values() == [2.0]
    assert "is longer than 50000 bytes" in reader.notices[0][1]


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "run-x"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "run-x.wandb")
    reader = Reader(tmp_path)
    assert reader.values() == []
    assert "not a regular file" in reader.notices[0][1]


def test_what_run_log_writes_is_read(tmp_path: Path) -> None:
    data = HEADER
    for step in range(3000):
        data += history_frames(METRIC, step / 7, step, len(data))
    write(tmp_path, data)
    reader = Reader(tmp_path)
    reader.values(last=True)
    assert reader.store.count == 3000
    assert list(reader.store.batch(2501).values) == [step / 7 for step in range(2500, 3000)]


def test_the_client_is_told_where_to_write_and_its_parameters() -> None:
    job = manifest(metrics={"source": "wandb"})
    template = job["spec"]["template"]
    trainer = template["spec"]["containers"][0]
    told = environment(trainer)
    assert (told["WANDB_MODE"], told["WANDB_DIR"]) == ("offline", "/metrics")
    mount = next(m for m in trainer["volumeMounts"] if m["name"] == "sweepjob-wandb")
    assert told["WANDB_SWEEP_PARAM_PATH"].startswith(mount["mountPath"] + "/")
    written = json.loads(template["metadata"]["annotations"]["sweepjob.dev/wandb-parameters"])
    assert {k: v["value"] for k, v in written.items() if k != "wandb_version"} == ASSIGNMENT


@pytest.mark.parametrize(
    "value", [1e-05, 1e20, 1.5e-07, 0.1, 3, True, "1e-05", "yes", {"a": 1e-08}]
)
def test_the_clients_yaml_reads_the_same_values(value: Any) -> None:
    text = parameters_file({"lr": value})
    assert yaml.safe_load(text)["lr"]["value"] == json.loads(text)["lr"]["value"] == value


def test_variables_of_the_user_take_precedence() -> None:
    env = [{"name": "WANDB_MODE", "value": "online"}]
    job = manifest(metrics={"source": "wandb"}, trial={"image": "x", "env": env})
    assert environment(job["spec"]["template"]["spec"]["containers"][0])["WANDB_MODE"] == "online"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "WANDB_MODE",
            "disabled",
            "spec.trial.env[0].value: 'disabled': makes wandb.log do nothing",
        ),
        (
            "WANDB_DIR",
            "/tmp/w",
            "spec.trial.env[0].value: '/tmp/w': is not below metrics.path, /metrics",
        ),
    ],
)
def test_variables_that_hide_the_files_are_refused(name: str, value: str, words: str) -> None:
    trial = {"image": "x", "env": [{"name": name, "value": value}]}
    with pytest.raises(InvalidSpec) as refused:
        parse_sweepjob(sweepjob(metrics={"source": "wandb"}, trial=trial))
    assert words in str(refused.value)
    parse_sweepjob(sweepjob(metrics={"source": "logs"}, trial=trial))
