"""Parallel coordinates of a sweep with several objectives, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.html_report import render_report

from tests.bench.page import BEGIN, made_up
from tests.browser import chromium, visit

# Of the series that is drawn: each line's color, width, and values of the last two axes.
LINES = """() => page.view.chart.chart.getOption().series[0].data.map(
  ({ value, lineStyle }) => [lineStyle.width ?? 0, value.at(-2), value.at(-1)])"""
AXES = (
    "() => page.view.chart.chart.getOption().parallelAxis.slice(-2).map((a) => [a.name, a.inverse])"
)


def test_the_front_is_drawn_over_the_others(tmp_path: Path) -> None:
    sweep, trials = made_up(40, 3)
    del sweep["spec"]["objective"], sweep["spec"]["earlyTermination"]
    sweep["spec"]["objectives"] = [
        {"goal": "maximize", "primaryMetric": "accuracy"},
        {"goal": "minimize", "primaryMetric": "latency"},
    ]
    for number, body in enumerate(trials):
        last = float(body["status"]["curve"]["last"])
        values = {"accuracy": last, "latency": (number * 37) % 40}
        body["status"]["values"] = {name: repr(value) for name, value in values.items()}
    file = tmp_path / "report.html"
    file.write_text(render_report([build_document(sweep, trials, BEGIN)]))
    with chromium() as browser, visit(browser, offline=True) as page:
        page.open(file.as_uri())
        page.show("parallel")
        assert page.told(AXES) == [["accuracy", False], ["latency", True]]
        lines = page.told(LINES)
        points = [(accuracy, latency) for _, accuracy, latency in lines]
        front = {
            (a, b)
            for a, b in points
            if not any(c >= a and d <= b and (c, d) != (a, b) for c, d in points)
        }
        assert len(points) == 40
        assert {(a, b) for width, a, b in lines if width > 2} == front
        assert set(points[-len(front) :]) == front, "the front is drawn last"
        page.check()
