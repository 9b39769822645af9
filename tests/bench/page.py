"""What a page costs: ``make bench-page``. Sweeps are made up, for there are none of this size at hand; the
browser, the documents and the files are real ones.

Prints for each number of trials: making the document, its file, the time from opening the file to the
first view, memory, each view, and the frames while the leaderboard is scrolled.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from sweepjob.api.sweeptrial.curve_encoding import dump_curve
from sweepjob.api.sweeptrial.serialization import trial_manifest
from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.html_report import render_report
from sweepjob.early_stopping.curve import Curve
from sweepjob.objective import Goal
from sweepjob.timestamps import format_time

from tests.browser import DRAWN, Visit, chromium, visit

VIEWS = (
    "trials",
    "curves",
    "parallel",
    "importance",
    "timeline",
    "cost",
    "logs",
    "events",
    "trial/7",
)
BEGIN = 1_767_225_600.0
# Frames that a person sees, while the table is scrolled for a second.
SCROLL = """() => new Promise((done) => {
  const box = document.querySelector('.tabulator-tableholder');
  const gaps = [];
  let last = performance.now();
  const begun = last;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    box.scrollTop += 400;
    if (now - begun < 1000) requestAnimationFrame(step);
    else done([gaps.reduce((a, b) => a + b, 0) / gaps.length, Math.max(...gaps), box.scrollTop]);
  };
  requestAnimationFrame(step);
})"""


def made_up(trials: int, points: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A finished sweep of so many trials with so many reports each."""
    rng = random.Random(1)
    bodies = [_trial(rng, index, points) for index in range(trials)]
    best = max(bodies, key=lambda body: float(body["status"]["curve"]["best"]))
    space = {
        "lr": {"type": "loguniform", "minValue": -9, "maxValue": 0},
        "momentum": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "depth": {"type": "randint", "upper": 12},
        "kind": {"type": "choice", "values": ["adam", "sgd", "lion"]},
    }
    spec = {
        "objective": {"goal": "maximize", "primaryMetric": "accuracy"},
        "searchSpace": space,
        "earlyTermination": {"type": "median_stopping", "evaluationInterval": 10},
        "limits": {"maxTotalTrials": trials, "maxConcurrentTrials": 50},
        "trial": {"image": "x", "command": "x"},
    }
    status = {
        "phase": "Complete",
        "trials": {"created": trials, "succeeded": trials},
        "best": {
            "trial": best["metadata"]["name"],
            "value": best["status"]["curve"]["best"],
        },
        "gpuSeconds": {"used": 100 * trials, "saved": 0},
    }
    meta = {"name": "large", "namespace": "made-up", "uid": "u"}
    meta["creationTimestamp"] = format_time(BEGIN)
    return {"metadata": meta, "spec": spec, "status": status}, bodies


def _trial(rng: random.Random, index: int, points: int) -> dict[str, Any]:
    values = {
        "lr": math.exp(rng.uniform(-9, 0)),
        "momentum": rng.random(),
        "depth": rng.randrange(12),
        "kind": rng.choice(["adam", "sgd", "lion"]),
    }
    top = 1 / (1 + (math.log(values["lr"]) + 5) ** 2) + values["momentum"] / 5
    curve = Curve(Goal.MAXIMIZE)
    for n in range(points):
        curve.append(top * (1 - math.exp(-(n + 1) / 20)) + rng.gauss(0, 0.01))
    body = trial_manifest("made-up", "large", "u", index, values, "random seed 1")
    start = BEGIN + 60 * (index // 50)
    body["metadata"] |= {"uid": f"t{index}", "resourceVersion": "1"}
    body["metadata"]["creationTimestamp"] = format_time(start)
    body["status"] = {
        "phase": "Succeeded",
        "startTime": format_time(start + 2),
        "completionTime": format_time(start + 58),
        "curve": dump_curve(curve, "pod"),
        "gpuSeconds": {"count": "1", "byResource": {"nvidia.com/gpu": "56"}, "saved": "0"},
    }
    return body


def measure(page: Visit, folder: Path, trials: int, points: int) -> dict[str, float]:
    """Make, open and look through a report; what it took, in seconds unless it says otherwise."""
    sweep, bodies = made_up(trials, points)
    took = {}
    begun = time.perf_counter()
    document = build_document(sweep, bodies, BEGIN + 100_000)
    took["document"] = time.perf_counter() - begun
    file = folder / f"{trials}.html"
    file.write_text(render_report([document]))
    took["file, MB"] = file.stat().st_size / 1e6
    begun = time.perf_counter()
    page.open(file.as_uri())
    took["first view"] = time.perf_counter() - begun
    assert page.told("page.model.trials.length") == trials
    for view in VIEWS:
        begun = time.perf_counter()
        page.show(view, DRAWN)
        took[view] = time.perf_counter() - begun
        if view == "trials":
            mean, longest, reached = page.told(SCROLL)
            assert reached > 0
            took["scrolling: a frame, ms"], took["the longest, ms"] = mean, longest
    took["memory, MB"] = page.told("performance.memory.usedJSHeapSize / 1e6")
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--points", type=int, default=100)
    args = parser.parse_args()
    columns = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for trials in args.trials:
            with visit(browser, offline=True) as page:
                columns.append(measure(page, Path(folder), trials, args.points))
                page.check()
    print(
        f"{'trials, ' + str(args.points) + ' reports each':28}", *(f"{n:>9,}" for n in args.trials)
    )
    for name in columns[0]:
        print(f"{name:28}", *(f"{column[name]:9.2f}" for column in columns))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
