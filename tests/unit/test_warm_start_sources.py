"""The sweeps that another one begins with are read beside the event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers import warm_start
from sweepjob.controllers.fair_thread import FairThread

from .builders import sweepjob


class Server:
    """Has finished sweeps."""

    async def get(self, resource: object, namespace: str, name: str) -> dict[str, Any]:
        body = sweepjob()
        condition = {"type": "Complete", "status": "True"}
        return {
            **body,
            "metadata": {"namespace": namespace, "name": name, "uid": f"uid-{name}"},
            "status": {"phase": "Complete", "conditions": [condition]},
        }


class NoTrials:
    """Caches without a record."""

    def records_of(self, sweep: object) -> list[Any]:
        return []


def test_a_large_spec_of_another_sweep_does_not_hold_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each sweep that waits for one of its sources reads the others again, every few seconds."""
    readers = list[threading.Thread]()

    def parse(body: Any) -> Any:
        readers.append(threading.current_thread())
        return parse_sweepjob(body)

    monkeypatch.setattr(warm_start.sweeps, "parse_sweepjob", parse)
    spec = parse_sweepjob(sweepjob(warmStart={"sweeps": ["a", "b"]}))
    api, caches = Server(), NoTrials()
    given = ("team", spec, {}, FairThread("specs"))
    found = asyncio.run(warm_start.find_sources(api, caches, *given))  # type: ignore[arg-type] # fakes
    assert [source.name for source in found] == ["a", "b"]
    assert len(readers) == 2
    assert threading.main_thread() not in readers
