"""Very large metrics files: the sidecar's memory stays bounded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .event_files import append, event, field, framed, image, log, scalar

MEBIBYTE = 1024 * 1024
LIMIT = 64 * MEBIBYTE  # the sidecar's container has no more
# In a process of its own, with the memory of its container: prints the largest it had, in KiB.
MEASURED = """
import sys
from pathlib import Path
from sweepjob.sidecar import app  # all that a sidecar loads
from sweepjob.sidecar.journal import Journal
from sweepjob.sidecar.metric_store import MetricStore
from sweepjob.sidecar.sources.json_lines import JsonLines
from sweepjob.sidecar.sources.tensorboard.event_files import EventFiles
path = Path(sys.argv[1])
store = MetricStore(Journal(path.parent / "journal"), "score", "trial")
(EventFiles if path.is_dir() else JsonLines)(path, store).read(True)
if sys.platform == "linux":
    # Not getrusage: there a process begins with the peak of the one that started it.
    [peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(store.count, peak)
"""


def measured(path: Path) -> tuple[int, int]:
    """How many reports were found, and the bytes that it took."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        env={**os.environ, "PYTHONPATH": "operator"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    count, kibibytes = done.stdout.split()
    return int(count), int(kibibytes) * 1024


def graph(size: int) -> bytes:
    return framed(field(1, 2e9, "<d") + field(4, bytes(size)))


def histograms(count: int) -> bytes:
    inner = b"".join(field(6, float(n), "<d") for n in range(count))
    return event(field(1, b"weights") + field(5, inner))


def text(size: int) -> bytes:
    """A string tensor, as the text plugin writes it."""
    return event(field(1, b"note") + field(8, field(1, 7) + field(8, bytes(size))))


@pytest.mark.parametrize(
    "large",
    [image(24 * MEBIBYTE), graph(48 * MEBIBYTE), histograms(1_000_000), text(40 * MEBIBYTE)],
)
def test_large_records_among_scalars(tmp_path: Path, large: bytes) -> None:
    logs = tmp_path / "logs"
    for number in range(6):
        log(logs, "", "score", [number])
        append(logs, "", large)
        log(logs, "", "score", [number + 0.5])
    count, memory = measured(logs)
    assert count == 12
    assert memory < LIMIT


def test_a_record_with_very_many_scalars(tmp_path: Path) -> None:
    append(
        tmp_path / "logs",
        "",
        event(*[scalar("loss", n) for n in range(200_000)], scalar("score", 2)),
    )
    count, memory = measured(tmp_path / "logs")
    assert count == 1
    assert memory < LIMIT


def test_a_long_line_and_many_objects(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    with file.open("w") as lines:
        lines.write('{"note": "' + "x" * 100 * MEBIBYTE + '", "score": 9}\n{"score": 1}\n')
        lines.write('{"score": 2, "nested": [' + '{"":1},' * 140_000 + "0]}\n")
        lines.write('{"score": 3, "deep": ' + "[" * 500_000 + "\n" + '{"score": 4}\n')
    count, memory = measured(file)
    assert count == 3
    assert memory < LIMIT


def test_a_folder_with_very_many_files(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    log(logs, "run", "score", [1, 2])
    for number in range(20):
        (logs / "data" / str(number)).mkdir(parents=True)
        for other in range(1000):
            (logs / "data" / str(number) / f"{other}.tfevents").touch()
    count, memory = measured(logs)
    assert count == 2
    assert memory < LIMIT


def test_a_journal_that_is_larger_than_the_memory(tmp_path: Path) -> None:
    entry = json.dumps({"seen": "x" * 200}).encode() + b"\n"
    (tmp_path / "journal").write_bytes(entry * (80 * MEBIBYTE // len(entry)) + b'{"cut')
    (tmp_path / "metrics.jsonl").write_text('{"score": 1}\n')
    count, memory = measured(tmp_path / "metrics.jsonl")
    assert count == 1
    assert memory < LIMIT
    assert (tmp_path / "journal").read_bytes()[-100:].count(b"cut") == 0
