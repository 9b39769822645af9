"""The page in every state of a sweep, in a real Chromium. These are reports, which need no cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from sweepjob.dashboard.document import build_document
from sweepjob.dashboard.html_report import render_report

from tests import sweep_states
from tests.browser import Visit, chromium, visit

VIEWS = (
    *("overview", "trials", "curves", "parallel", "importance", "timeline", "cost", "logs"),
    *("events", "trial/2", "compare/1,2", "compare/0,1,2,3,4"),
)
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
# WCAG 2.2, 1.4.3: the contrast of every text with what is behind it.
LOW_CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const back = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const color = parse(getComputedStyle(n).backgroundColor);
      if (color.length < 4 || color[3] > 0.5) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (node.closest('script, style, noscript, option')) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(parse(style.color)), light(back(node))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${walker.currentNode.data}`);
  }
  return [...new Set(found)].slice(0, 5);
}"""
NAMELESS = """() => [...document.querySelectorAll('button, a, input, select, [tabindex="0"]')]
  .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
  .map((e) => e.outerHTML.slice(0, 200))"""
# What is wider than the window, or would be if it were not cut off.
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


def report(folder: Path, *documents: dict[str, Any]) -> str:
    """The address of the report of some documents."""
    file = folder / f"{'-'.join(each['sweep']['name'] for each in documents)}.html"
    file.write_text(render_report(documents))
    return file.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Visit]:
    with visit(browser, offline=True) as found:
        yield found
        found.check()


def opened(page: Visit, folder: Path, state: str) -> None:
    page.open(report(folder, sweep_states.state_document(state)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", sweep_states.STATES)
def test_every_view_of_every_state_is_readable(
    browser: Browser, folder: Path, state: str, size: str
) -> None:
    with visit(browser, offline=True) as page:
        width, height = SIZES[size]
        page.page.set_viewport_size({"width": width, "height": height})
        opened(page, folder, state)
        for view in VIEWS:
            page.show(view, "#view > *")
            for scheme in ("light", "dark"):
                page.page.emulate_media(color_scheme=scheme)
                assert page.told(LOW_CONTRAST) == [], (view, scheme)
            assert page.told(NAMELESS) == [], view
            assert not page.told(TOO_WIDE), view
            assert page.page.locator("#view").inner_text().strip(), view
            charts = page.page.locator("#view .chart:visible").count()
            canvases = page.page.locator("#view .chart:visible canvas").count()
            assert canvases >= charts, f"{view} has an empty chart"
            if size == "phone":
                bar = page.page.locator(".bar").bounding_box()
                assert bar is not None
                assert bar["height"] <= height / 6, view
        page.check()


@pytest.mark.parametrize(
    ("state", "texts"),
    [
        (
            "failed",
            [
                "✕ Failed",
                "TooManyFailedTrials",
                "CUDA out of memory. Tried to",
                "kubectl sweepjob explain",
            ],
        ),
        ("blocked", ["! Blocked", "ImageCannotBePulled", "Correct the image", "describe pods"]),
        ("refused", ["✕ Invalid", "did you mean loguniform?", "check the file", "validate -f"]),
        ("empty", ["▶ Running", "No trial has been started yet", "updates by itself"]),
        ("suspended", ["! Suspended", "Continue it", "resume vision-suspended"]),
        ("unobserved", ["! Pending", "OperatorMissing", "doctor"]),
        (
            "complete",
            ["✓ Complete", "ahead of", "best vision -n research -o args", "Compare the best two"],
        ),
        ("few", ["Importance needs 8 trials with a value; 3 have one"]),
    ],
)
def test_the_first_view_says_why_and_what_to_do(
    page: Visit, folder: Path, state: str, texts: list[str]
) -> None:
    opened(page, folder, state)
    shown = page.page.locator("#view").inner_text()
    for text in texts:
        assert text in shown
    # No cause is told twice in the summary.
    for cause in page.told("page.model.sweep.troubles"):
        message = cause.partition(": ")[2].split(";")[0][:60]
        assert page.page.locator(".summary").first.inner_text().count(message) <= 1


def test_a_sweep_in_trouble_is_not_green_in_the_list(page: Visit, folder: Path) -> None:
    body, trials = sweep_states.running()
    message = 'trial vision-17: "registry.example/vision/trainer:1.4": not found'
    body["status"]["conditions"] = [
        sweep_states.condition("Degraded", "True", "ImageCannotBePulled", message)
    ]
    shown = dict(build_document(body, trials, sweep_states.NOW))
    others = [
        sweep_states.state_document(state) for state in ("complete", "few", "failed", "empty")
    ]
    page.open(report(folder, shown, *others))
    chip = page.page.locator(".tabulator-row", has_text="val_").first.locator(".state")
    assert chip.inner_text() == "! Running"
    heads = page.page.locator(".tabulator-col-title").all_inner_texts()
    assert len({head for head in heads if head}) == len([head for head in heads if head])


def test_numbers_have_four_digits_and_are_copied_whole(page: Visit, folder: Path) -> None:
    opened(page, folder, "complete")
    best = page.told("page.model.sweep.best.value")
    number = page.page.locator("#fact-best data")
    assert number.inner_text() == f"{best:.4g}"
    assert number.get_attribute("title") == str(best)
    copied = """(selector) => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector(selector));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      const data = new DataTransfer();
      const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true });
      document.querySelector(selector).dispatchEvent(event);
      return data.getData('text/plain');
    }"""
    assert page.told(copied, "#fact-best") == str(best)
    rate = page.told("page.model.trial(page.model.sweep.best.index).parameters.learning_rate")
    assert str(rate) in page.told(copied, ".summary.best dl")
    assert number.inner_text() == f"{best:.4g}"  # it is shown as before
    assert page.told("getSelection().toString()").strip() != ""


def test_the_address_has_what_is_shown(page: Visit, folder: Path) -> None:
    opened(page, folder, "complete")
    page.show("trials", "#view .tabulator-row")
    page.page.get_by_label("filter phase").press_sequentially("Succ")
    page.page.locator(".tabulator-col[tabulator-field='p:dropout'] .tabulator-col-title").click()
    for name in ("vision-9", "vision-12"):
        page.page.get_by_label(f"compare {name}", exact=True).check()
    address = page.told("location.href")
    rows = "page.view.table.getRows('active').map(r => r.getData().name)"
    page.until("page.view.table.getDataCount('active') < page.model.trials.length")
    shown = page.told(rows)
    page.show("curves")
    page.page.get_by_label("Show").select_option("best")
    page.page.get_by_label("logarithmic values").check()
    curves = page.told("location.href")
    page.page.locator("#tab-trials").click()  # a tab remembers what it showed
    page.until(f"page.view.table?.getRows('active').length === {len(shown)}")
    page.page.goto("about:blank")
    page.page.goto(address)
    page.page.wait_for_selector("#view .tabulator-row")
    assert page.told(rows) == shown
    assert page.page.get_by_label("compare vision-9", exact=True).is_checked()
    page.page.get_by_role("link", name="Compare 2 trials").click()
    page.page.wait_for_selector("table.diff")
    page.page.goto("about:blank")
    page.page.goto(curves)
    page.page.wait_for_selector("#view canvas")
    assert page.page.get_by_label("Show").input_value() == "best"
    assert page.page.get_by_label("logarithmic values").is_checked()


def test_trials_are_compared(page: Visit, folder: Path) -> None:
    opened(page, folder, "complete")
    page.show("compare/5,9", "table.diff")
    text = page.page.locator("table.diff").inner_text()
    assert text.index("vision-5") < text.index("vision-9")
    assert "★" in text
    assert page.page.locator("table.diff tr.differs").count() == 5
    assert page.page.locator(".log-lines .same").count() == 19  # numbers are ignored
    page.page.get_by_label("ignore numbers").uncheck()
    assert page.page.locator(".log-lines .left").count() == 18
    page.show("compare/0,1,2,3,4,5,6", "table.diff")
    assert page.page.locator("table.diff th[scope=col]").count() == 5
    page.show("compare/3", "#view .trouble")
    assert "Two trials are needed" in page.page.locator("#view").inner_text()


def test_at_most_five_trials_are_selected(page: Visit, folder: Path) -> None:
    opened(page, folder, "complete")
    page.show("trials", "#view .tabulator-row")
    boxes = page.page.locator(".tabulator-row input[type=checkbox]")
    for n in range(5):
        boxes.nth(n).check()
    boxes.nth(5).click()
    assert not boxes.nth(5).is_checked()
    assert "5 are the most" in page.page.locator(".selection").inner_text()


def metric_document(metric: str, goal: str, name: str) -> dict[str, Any]:
    body, trials = sweep_states.complete()
    body["metadata"]["name"] = name
    body["spec"]["objective"] = {"primaryMetric": metric, "goal": goal}
    return dict(build_document(body, trials, sweep_states.NOW))


def test_two_metrics_never_share_a_chart(page: Visit, folder: Path) -> None:
    documents = [
        metric_document("accuracy", "maximize", "first"),
        metric_document("loss", "minimize", "second"),
        metric_document("accuracy", "maximize", "third"),
    ]
    page.open(report(folder, *documents))  # a report of a few sweeps opens with their comparison
    assert page.page.locator("main .chart").count() == 2
    axes = page.told(
        "[...document.querySelectorAll('.chart')].map(c => { const o = echarts.getInstanceByDom(c).getOption(); return [o.yAxis[0].name, o.series.map(s => s.name)]; })"
    )
    assert axes == [
        ["accuracy", ["research/first", "research/third"]],
        ["loss", ["research/second"]],
    ]
    assert "cannot be compared" in page.page.locator("main .trouble").inner_text()
    page.page.get_by_role("link", name="research/second").click()
    page.page.wait_for_selector("#view .summary")


def test_other_metrics_are_shown_where_there_are_some(page: Visit, folder: Path) -> None:
    document = sweep_states.state_document("complete")
    hostile = sweep_states.HOSTILE
    for trial in document["trials"]:
        trial["metrics"] = {"train_loss": [[1, 0.9], [2, 0.5]], hostile: [[10, 1.0], [20, None]]}
    page.open(report(folder, {**document, "sweep": {**document["sweep"], "name": "several"}}))
    page.show("curves")
    page.page.get_by_label("Metric").select_option("train_loss")
    option = "echarts.getInstanceByDom(document.querySelector('#view .chart')).getOption()"
    assert page.told(f"{option}.yAxis[0].name") == "train_loss"
    for view in ("trial/5", "compare/5,9"):
        page.show(view)
        assert page.page.locator(".metric-grid canvas").count() == 2
    opened(page, folder, "complete")
    page.show("trial/5")
    assert not page.page.get_by_text("Other metrics").is_visible()


def test_logs_are_searched_and_downloaded(page: Visit, folder: Path) -> None:
    opened(page, folder, "failed")
    page.show("logs", ".log-lines .line")
    assert page.page.locator(".log-lines .line").count() == 8
    page.page.get_by_label("find in the log").fill("cuda")
    page.until("document.querySelectorAll('.log-lines .line').length === 1")
    assert page.page.locator(".log-lines mark").inner_text() == "CUDA"
    assert "1 line of 8" in page.page.locator(".log-panel").inner_text()
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.endswith(".log")
    assert Path(download.value.path()).read_text() == sweep_states.TRACEBACK


def test_hostile_texts_stay_texts(page: Visit, folder: Path) -> None:
    document = json.loads(
        json.dumps(sweep_states.state_document("failed"))
        .replace("CUDA out of memory", sweep_states.HOSTILE)
        .replace("TooManyFailedTrials", sweep_states.HOSTILE)
    )
    document["sweep"]["name"] = "hostile"
    page.open(report(folder, document))
    for view in VIEWS:
        page.show(view, "#view > *")
        assert page.page.locator("#app img").count() == 0, view
    assert sweep_states.HOSTILE in page.page.locator("body").inner_text()


def test_the_keyboard_opens_everything(page: Visit, folder: Path) -> None:
    opened(page, folder, "complete")
    press = page.page.keyboard.press
    press("2")
    page.page.wait_for_selector("#tab-trials[aria-selected=true]")
    press("/")
    assert page.told("document.activeElement.tagName") == "INPUT"
    page.page.keyboard.type("3")  # in a field a key is a character
    assert page.page.locator("#tab-trials[aria-selected=true]").count() == 1
    press("Escape")
    press("b")
    best = page.told("page.model.sweep.best.trial")
    page.page.wait_for_selector(f".trial h2:has-text('{best}')")
    press("n")
    page.until("location.hash.endsWith('/trial/10')")
    press("c")
    page.page.wait_for_selector("table.diff")
    press("?")
    page.page.wait_for_selector("dialog[open]")
    page.page.get_by_label("use these keys").uncheck()
    press("Escape")
    press("1")
    assert page.page.locator("table.diff").count() == 1
    page.page.reload()
    page.page.wait_for_selector("table.diff")
    press("1")
    assert page.page.locator("table.diff").count() == 1


def test_what_is_printed_is_light_and_without_controls(page: Visit, folder: Path) -> None:
    page.page.emulate_media(color_scheme="dark")
    opened(page, folder, "complete")
    page.page.emulate_media(media="print", color_scheme="dark")
    page.told("dispatchEvent(new Event('beforeprint'))")
    assert page.told("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.page.locator(".tabs").is_visible()
    assert page.told(LOW_CONTRAST) == []
    page.told("dispatchEvent(new Event('afterprint'))")
    page.page.emulate_media(media="screen", color_scheme="dark")
    assert page.told("document.documentElement.dataset.theme") is None
    assert len(page.page.pdf()) > 10_000


def test_a_wrong_clock_does_not_stretch_the_timeline(page: Visit, folder: Path) -> None:
    body, trials = sweep_states.complete()
    trials[3]["status"]["startTime"] = "1970-01-01T00:00:05Z"
    body["metadata"]["name"] = "clock"
    page.open(report(folder, dict(build_document(body, trials, sweep_states.NOW))))
    page.show("timeline")
    axis = (
        "echarts.getInstanceByDom(document.querySelector('#view .chart')).getOption().xAxis[0].max"
    )
    assert page.told(axis) < 3600
    assert "1 trial started before the sweep" in page.page.locator("#view").inner_text()
