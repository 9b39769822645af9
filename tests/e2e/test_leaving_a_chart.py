"""A chart that is left while it is painted, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.html_report import render_report

from tests.bench.page import BEGIN, made_up
from tests.browser import chromium, visit

# A chart of so much that it is painted over several frames, closed after a number of them.
LEAVE = """(frames) => new Promise((done) => {
  const panel = document.body.appendChild(document.createElement("div"));
  const Chart = page.view.chart.constructor;
  const chart = new Chart(panel, "much", "tall");
  const data = Array.from({ length: 40000 }, (_, n) => [n, (n * 7919) % 40000, (n * 104729) % 40000]);
  chart.draw({
    parallel: {}, parallelAxis: [0, 1, 2].map((dim) => ({ dim, max: 40000 })),
    series: [{ type: "parallel", progressive: 2000, progressiveThreshold: 4000, data }],
  });
  const leave = (n) => (n < frames ? requestAnimationFrame(() => leave(n + 1)) : (chart.close(), after(0)));
  const after = (n) => (n < 10 ? requestAnimationFrame(() => after(n + 1)) : (panel.remove(), done()));
  leave(0);
})"""


def test_a_removed_chart_stops_drawing(tmp_path: Path) -> None:
    with chromium() as browser, visit(browser, offline=True) as page:
        file = tmp_path / "report.html"
        file.write_text(render_report([build_document(*made_up(10, 3), BEGIN)]))
        page.open(file.as_uri())
        page.show("curves")
        for frames in range(8):
            page.told(LEAVE, frames)
        page.check()
