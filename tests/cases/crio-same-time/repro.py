"""Lines as CRI-O writes them: every line of one read has the same time. All of them count."""
import asyncio
from types import SimpleNamespace

from sweepjob.ingest.log_readers.log_readers import LogReaders
from sweepjob.log_parsing.log_parser import LogParser

LINES = [
    "2026-01-01T00:00:00.123456789+00:00 epoch 1",
    "2026-01-01T00:00:00.123456789+00:00 val_acc=0.25",
    "2026-01-01T00:00:00.123456789+00:00 val_acc=0.25",
    "2026-01-01T00:00:01.000000001+00:00 epoch 2 val_loss=0.5",
    "2026-01-01T00:00:01.000000001+00:00 val_acc=0.5",
]
view = SimpleNamespace(is_terminal=True)
pod = SimpleNamespace(namespace="n", name="p", uid="u", trainer="trainer", trainer_ended=True, view=view)
found = []


class Api:
    async def read_log(self, namespace, pod, container, after, *, follow):
        for line in LINES:
            yield line


def report(pod, values, now):
    found.extend(value for name, value in values if name == "val_acc")


async def main():
    readers = LogReaders(Api(), lambda uid: pod, report, lambda pod: None)
    readers.follow(pod, LogParser("val_acc"), 0)
    while not readers.has_read("u"):
        await asyncio.sleep(0.01)


asyncio.run(main())
assert found == [0.25, 0.25, 0.5], f"lines were lost: {found}"
