"""The page and the report, in a real Chromium, of real sweeps on the cluster."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.bench.page import measure
from tests.browser import DRAWN, Visit, chromium, visit

from .program import Program
from .sweeps import Sweeps, choice, eventually

VIEWS = (
    "overview",
    "trials",
    "curves",
    "parallel",
    "importance",
    "timeline",
    "cost",
    "logs",
    "events",
)
HOSTILE = "<img src=x onerror=window.hacked=1>"
WORSE = "</script><script>window.hacked=1</script>"
TRIALS = 16


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def program(sweeps: Sweeps) -> Program:
    return Program(sweeps)


@pytest.fixture(scope="module")
def running(sweeps: Sweeps) -> str:
    """A sweep that has begun, with everything in it that a page draws."""
    space = {
        "level": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "rate": {"type": "loguniform", "minValue": -9, "maxValue": 0},
        "kind": choice("adam", HOSTILE, WORSE),
        "case": choice({"reports": 12, "pause": 0.25}, {"reports": 8, "pause": 0.4, "width": 64}),
    }
    policy = {"type": "bandit", "slackFactor": 0.1, "delayEvaluation": 3, "evaluationInterval": 1}
    limits = {"maxTotalTrials": TRIALS, "maxConcurrentTrials": 4}
    sweeps.apply("shown", sweeps.spec(space, limits=limits, earlyTermination=policy))
    eventually(lambda: len(sweeps.trials("shown")) >= 2, 60, "trials have begun")
    return "shown"


@pytest.fixture(scope="module")
def ended(sweeps: Sweeps, running: str) -> str:
    assert sweeps.await_end(running)["status"]["phase"] == "Complete"
    return running


@pytest.fixture(scope="module")
def address(program: Program, sweeps: Sweeps) -> Iterator[str]:
    """What ``sweepjob ui`` prints."""
    process = program.start("ui", "--no-browser", "-n", sweeps.namespace)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert "Traceback" not in err, err


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Visit]:
    with visit(browser) as found:
        yield found
        found.check()


def opened(page: Visit, address: str, sweep: str) -> None:
    page.open(address)
    page.page.get_by_role("link", name=sweep, exact=True).click()
    page.page.wait_for_selector("#view .summary")


def test_the_page_of_a_running_sweep_updates(
    page: Visit, address: str, sweeps: Sweeps, running: str
) -> None:
    opened(page, address, running)
    raw = f"/apis/sweepjob.dev/v1alpha1/namespaces/{sweeps.namespace}/sweeptrials/{running}-0"

    def reports() -> int:
        return int(
            (json.loads(sweeps.kubectl("get", "--raw", raw)).get("status") or {})
            .get("curve", {})
            .get("reports", 0)
        )

    for wanted in (1, 4):
        now = eventually(
            lambda wanted=wanted: n if (n := reports()) >= wanted else 0, 60, f"{wanted} reports"
        )
        page.until("n => page.model.trial(0)?.reports >= n", now, seconds=5)
    page.until("page.model.trials.length >= 6", seconds=60)
    assert page.told("document.querySelector('#fact-trials').textContent").endswith(f"of {TRIALS}")


def test_a_page_opened_before_the_first_trial_updates(
    page: Visit, address: str, sweeps: Sweeps
) -> None:
    space = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}, "reports": choice(3)}
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    sweeps.apply("late", sweeps.spec(space, limits=limits, suspend=True))
    opened(page, address, "late")
    page.show("trials", "#view .summary")  # which says that there is no trial yet
    go_on = json.dumps({"spec": {"suspend": False}})
    sweeps.kubectl("patch", "sweepjob", "late", "--type=merge", "-p", go_on)
    rows = (
        "page.view.table?.getData().filter(r => r.reports === 3 && r['p:level'] > 0).length === 2"
    )
    page.until(rows, seconds=60)
    assert page.page.locator(".tabulator-col[tabulator-field='p:level']").is_visible()
    page.show("curves")
    zoom = "page.view.chart.chart.getOption().dataZoom[0].start"
    page.told("page.view.chart.chart.dispatchAction({type: 'dataZoom', start: 40, end: 60})")
    page.told("page.view.update()")
    assert page.told(zoom) == 40


def test_the_page_shows_what_export_writes(
    page: Visit, address: str, program: Program, sweeps: Sweeps, ended: str
) -> None:
    opened(page, address, ended)
    page.until(
        "page.model.sweep.phase === 'Complete' && page.model.trials.every(t => t.curve.values.length)"
    )
    exported = json.loads(program("export", ended, "-o", "json"))
    shown = page.told("page.model.trials")
    assert len(exported) == len(shown) == TRIALS
    compared = [page.told("page.model.sweep.metric"), page.told("page.model.sweep.goal")]
    for theirs, ours in zip(exported, shown, strict=True):
        assert [theirs.pop("metric"), theirs.pop("goal")] == compared
        curve = {
            "intervals": [*range(1, len(theirs["values"]) + 1)],
            "values": theirs.pop("values"),
        }
        assert ours["curve"] == curve
        assert theirs.pop("later") == []
        assert (theirs.pop("tags"), theirs.pop("note")) == (
            ours.get("tags", {}),
            ours.get("note", ""),
        )
        parameters = theirs.pop("parameters")
        case = {f"case.{key}": value for key, value in parameters.pop("case").items()}
        assert ours["parameters"] == {**parameters, **case}
        assert {key: ours[key] for key in theirs} == theirs
    status = sweeps.sweep(ended)["status"]
    assert page.told("page.model.sweep.bestValue") == float(status["best"]["value"])
    assert page.told("page.model.sweep.used") == status["gpuSeconds"]["used"]


def test_every_view_renders(page: Visit, address: str, ended: str) -> None:
    opened(page, address, ended)
    page.until("page.model.document.importance?.mains.length")
    stopped = page.told("page.model.trials.findLast(t => t.stop?.policy).index")
    for view in (*VIEWS, f"trial/{stopped}"):
        page.show(view, DRAWN)
        picture(page, view.split("/")[0])
        if view == "importance":
            # Every trial is among the points of each parameter, by a branch's constants where it is one.
            for name in page.told("page.model.document.importance.mains.map(m => m.name)"):
                page.page.locator("select").first.select_option(name)
                points = "echarts.getInstanceByDom(document.querySelectorAll('#view .chart')[1]).getOption().series[0].data.length"
                assert page.told(points) == TRIALS
        labels = page.told(
            "[...document.querySelectorAll('#view .chart')].map(c => c.getAttribute('aria-label'))"
        )
        assert all(labels)
    page.page.emulate_media(color_scheme="dark")
    page.show("overview", "#view .summary")
    picture(page, "dark")


def test_the_log_of_a_trial_is_read_from_its_pod(
    page: Visit, address: str, sweeps: Sweeps, ended: str
) -> None:
    opened(page, address, ended)
    page.show("trial/0", ".log-lines")
    panel = page.page.locator(".log-panel")
    page.until("document.querySelector('.log-panel').innerText.includes('All of the log: pod')")
    pod = sweeps.kubectl(
        "get",
        "pods",
        "-l",
        f"sweepjob.dev/trial={ended}-0",
        "-o",
        "jsonpath={.items[0].metadata.name}",
    )
    assert pod in panel.inner_text()
    whole = sweeps.kubectl("logs", pod, "-c", "trainer")
    with page.page.expect_download() as download:
        panel.get_by_role("button", name="Download").click()
    assert Path(download.value.path()).read_text() == whole
    sweeps.kubectl("delete", "pod", pod, "--wait")
    page.page.reload()
    page.page.wait_for_selector(".log-panel")
    page.until("document.querySelector('.log-panel').innerText.includes('last lines on record')")
    assert "has no pod now" in panel.inner_text()


def picture(page: Visit, name: str) -> None:
    """Takes a screenshot, which draws everything. ``make pictures`` takes those of the documentation."""
    taken = page.page.screenshot(full_page=name in ("trial", "importance"))
    assert len(taken) > 10_000


def test_the_leaderboard_sorts_and_filters(page: Visit, address: str, ended: str) -> None:
    opened(page, address, ended)
    page.show("trials", "#view .tabulator-row")
    best = page.told("page.model.sweep.bestTrial")
    first = page.page.locator(".tabulator-row").first
    assert best in first.inner_text()
    heads = page.page.locator(".tabulator-col", has_text="rate")
    heads.first.locator(".tabulator-col-title").click()
    rates = page.told("page.view.table.getRows('active').map(r => r.getData()['p:rate'])")
    assert rates == sorted(rates)
    heads.first.locator("input").press_sequentially("> 0.01")
    page.until("page.view.table.getDataCount('active') < page.model.trials.length")
    rates = page.told("page.view.table.getRows('active').map(r => r.getData()['p:rate'])")
    everything = page.told("page.model.trials.map(t => t.parameters.rate)")
    assert rates == sorted(rate for rate in everything if rate > 0.01)
    assert f"{len(rates)} of {TRIALS} trials" in page.page.locator("#view .note").first.inner_text()
    page.page.get_by_text("Columns", exact=True).click()
    page.page.get_by_label("rate", exact=True).uncheck()
    assert not page.page.locator(".tabulator-col", has_text="rate").first.is_visible()
    assert HOSTILE in page.page.locator(".tabulator-table").inner_text()


def test_tags_and_the_note_of_a_trial_are_changed(
    page: Visit, address: str, sweeps: Sweeps, ended: str
) -> None:
    opened(page, address, ended)
    page.show("trial/2", "#view .trial")
    edit = page.page.get_by_role("button", name="Edit")
    edit.click()
    page.page.get_by_label("Tags").fill("keep=yes, owner=ana")
    page.page.get_by_label("Note").fill(f"first line\n{HOSTILE}")
    page.page.get_by_role("button", name="Save").click()
    page.page.get_by_text("Saved.").wait_for()
    page.until("page.model.trial(2).note?.includes('onerror')")
    meta = sweeps.get("sweeptrial", f"{ended}-2")["metadata"]
    assert meta["labels"]["sweepjob.dev/tag-owner"] == "ana"
    assert meta["annotations"]["sweepjob.dev/note"] == f"first line\n{HOSTILE}"
    assert HOSTILE in page.page.locator(".trial-note").inner_text()
    page.page.get_by_role("link", name="keep=yes").click()
    page.until("page.view.table?.getDataCount('active') === 1")
    assert "filter.tags=%3Dkeep%3Dyes" in page.page.url
    page.page.reload()
    page.until("page.view?.table?.getDataCount('active') === 1")
    page.show("compare/2,3", "#view .tag")
    assert HOSTILE in page.page.locator("table.diff").inner_text()
    # What cannot be a tag is said, and the form stays.
    page.show("trial/2", "#view .trial")
    edit.click()
    page.page.get_by_label("Tags").fill("b=1 b=2")
    page.page.get_by_role("button", name="Save").click()
    page.page.get_by_text("The tag b is given twice").wait_for()
    page.page.get_by_label("Tags").fill("a/b=1")
    page.page.get_by_role("button", name="Save").click()
    page.page.get_by_text("a key has 1 to 59 characters", exact=False).wait_for()
    page.complaints[:] = [c for c in page.complaints if "400" not in c]


def test_brushing_selects_trials(page: Visit, address: str, ended: str) -> None:
    opened(page, address, ended)
    page.until("page.model.document.importance?.mains.length")
    page.show("parallel")
    names = page.told("page.model.rankedNames()")
    area = page.page.locator(".chart canvas").first.bounding_box()
    assert area is not None
    # The metric's axis is the last one; its upper part has the best.
    x, middle = area["x"] + area["width"] - 90, area["y"] + area["height"] / 2
    page.page.mouse.move(x, middle)
    page.page.mouse.down()
    page.page.mouse.move(x, area["y"] + 100, steps=4)
    page.page.mouse.move(x, area["y"] + 40, steps=4)  # beyond its end
    page.page.mouse.up()
    page.until("document.querySelector('#view .note').textContent.includes('selected')")
    low, high = page.told(
        "page.view.chart.chart.getModel().queryComponents({mainType: 'parallelAxis'}).at(-1).activeIntervals[0]"
    )
    bests = [b for b in page.told("page.model.trials.map(t => t.best)") if b is not None]
    inside = sum(low <= best <= high for best in bests)
    assert 0 < inside < len(bests)
    selected = f"{inside} of {len(bests)} trials selected"
    page.until("t => document.querySelector('#view .note').textContent.startsWith(t)", selected)
    assert page.told("page.model.sweep.bestTrial") in page.page.locator(".selected").inner_text()
    assert len(names) == 6


def test_every_control_is_reachable_by_keyboard(page: Visit, address: str, ended: str) -> None:
    opened(page, address, ended)
    page.page.locator("#tab-overview").focus()
    for view in ("trials", "curves"):
        page.page.keyboard.press("ArrowRight")
        page.page.wait_for_selector(f"#tab-{view}[aria-selected=true]")
        assert page.told("document.activeElement.id") == f"tab-{view}"
    page.show("trials", "#view .tabulator-row")
    page.page.locator(".tabulator-col[tabulator-field='p:level']").focus()
    page.page.keyboard.press("Enter")
    levels = page.told("page.view.table.getRows('active').map(r => r.getData()['p:level'])")
    assert levels == sorted(levels)
    nameless = page.told(
        "[...document.querySelectorAll('button, a, input, select')].filter(e => !(e.textContent.trim() || e.ariaLabel || e.placeholder || e.closest('label'))).length"
    )
    assert nameless == 0


def test_the_page_fits_a_phone(browser: Browser, address: str, ended: str) -> None:
    size = {"width": 390, "height": 800}
    with visit(browser) as page:
        page.page.set_viewport_size(size)
        opened(page, address, ended)
        for view in VIEWS:
            page.show(view, DRAWN)
            wide = page.told("document.documentElement.scrollWidth")
            assert wide <= size["width"], view
        page.show("overview", "#view .summary")
        picture(page, "phone")
        page.check()


def test_requests_without_the_key_are_refused(browser: Browser, address: str, ended: str) -> None:
    bare = address.split("?")[0]
    with visit(browser) as stranger:
        answer = stranger.page.request.get(f"{bare}api/sweeps")
        assert answer.status == 403
        assert stranger.page.request.get(f"{bare}?key=guessed").status == 403
        # A site whose name leads to this machine.
        other = stranger.page.request.get(
            address, headers={"Host": "evil.example"}, max_redirects=0
        )
        assert (
            stranger.page.request.get(f"{bare}api/sweeps", headers={"Host": "evil.example"}).status
            == 403
        )
        assert other.status in (303, 403)
        assert stranger.page.request.post(f"{bare}api/sweeps").status == 405


def test_a_report_needs_no_server(
    browser: Browser, program: Program, ended: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    program("report", ended, "-o", str(file))
    with visit(browser, offline=True) as page:
        page.open(file.as_uri())
        for view in (*VIEWS, "trial/3"):
            page.show(view, DRAWN)
        assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
        assert page.told("page.model.trials.length") == TRIALS
        page.check()


def test_a_report_of_a_local_sweep(browser: Browser, program: Program, tmp_path: Path) -> None:
    space = {"lr": {"type": "loguniform", "minValue": -9, "maxValue": 0}}
    script = "import math, os; [print(f'score={-abs(math.log(float(os.environ[chr(76) + chr(82)])) + 4) + n / 9}') for n in range(9)]"
    spec = {
        "objective": {"goal": "maximize", "primaryMetric": "score"},
        "searchSpace": space,
        "limits": {"maxTotalTrials": 9, "maxConcurrentTrials": 3},
        "metrics": {"source": "logs"},
        "trial": {
            "image": "unused",
            "command": ["python", "-c", script],
            "env": [{"name": "LR", "value": "${{search_space.lr}}"}],
        },
    }
    body = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob", "spec": spec}
    file, folder = tmp_path / "sweep.yaml", tmp_path / "folder"
    file.write_text(json.dumps({**body, "metadata": {"name": "here"}}))
    run(program, "run", "--local", "-f", str(file), "--folder", str(folder))
    run(program, "report", "--folder", str(folder), "-o", str(tmp_path / "local.html"))
    curves = [{"trial": n, "values": [1 - n / 9 + k / 5 for k in range(9)]} for n in range(9)]
    recorded = tmp_path / "curves.jsonl"
    recorded.write_text("\n".join(map(json.dumps, curves)))
    bandit = "{type: bandit, slackAmount: 0.2, delayEvaluation: 2}"
    replay = ("replay", "-f", str(file), str(recorded), "--compare", bandit)
    run(program, *replay, "--report", str(tmp_path / "replay.html"))
    with visit(browser, offline=True) as page:
        page.open((tmp_path / "local.html").as_uri())
        for view in (*VIEWS, "trial/3"):
            page.show(view, DRAWN)
        assert page.told("page.model.document.importance.mains[0].name") == "lr"
        page.open((tmp_path / "replay.html").as_uri())
        assert page.page.locator("table.diff th[scope=col]").count() == 2  # they are compared
        page.page.get_by_role("link", name="bandit").click()
        page.page.wait_for_selector("#view canvas")
        stopped = page.told("page.model.trials.filter(t => t.phase === 'EarlyStopped').length")
        assert stopped == page.told("page.model.sweep.counts.earlyStopped") > 0
        for view in (*VIEWS, "trial/3"):
            # A replay has curves without parameters.
            page.show(view, "#view > *" if view == "importance" else DRAWN)
        page.check()


def run(program: Program, *arguments: str) -> None:
    process = program.start(*arguments)
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, (out, err)


def test_ten_thousand_trials(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with visit(browser, offline=True) as page:
        took = measure(page, tmp_path, 10_000, 100)
        with capsys.disabled():
            print("", *(f"{name:28} {amount:9.2f}" for name, amount in took.items()), sep="\n")
        page.check()


def test_sweeps_without_results_render(
    page: Visit, address: str, sweeps: Sweeps, program: Program, browser: Browser, tmp_path: Path
) -> None:
    space = {"level": choice(0.5)}
    sweeps.apply("asleep", sweeps.spec(space, suspend=True))
    failing = sweeps.spec(
        {"fail": choice(1), "reports": choice(0)},
        limits={"maxTotalTrials": 2, "maxFailedTrials": 0},
    )
    sweeps.apply("broken", failing)
    sweeps.await_end("broken")
    for name in ("asleep", "broken"):
        opened(page, address, name)
        for view in VIEWS:
            page.show(view, "#view > *")
            assert page.page.locator("#view .chart:visible:not(:has(canvas))").count() == 0, view
    page.show("overview", "#view .summary")
    assert "Failed" in page.page.locator("#view .summary").first.inner_text()
    file = tmp_path / "both.html"
    program("report", "asleep", "broken", "-o", str(file))
    with visit(browser, offline=True) as report:
        report.open(file.as_uri())
        assert report.page.locator("table.diff th[scope=col]").count() == 2  # they are compared
        report.check()


def test_two_sweeps_are_compared(page: Visit, address: str, sweeps: Sweeps, ended: str) -> None:
    space = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}, "reports": choice(3)}
    limits = {"maxTotalTrials": 4, "maxConcurrentTrials": 4}
    sweeps.apply("other", sweeps.spec(space, limits=limits))
    sweeps.await_end("other")
    page.open(address)
    for name in (ended, "other"):
        page.page.get_by_label(f"compare {sweeps.namespace}/{name}").check()
    picture(page, "sweeps")
    page.page.get_by_role("link", name="Compare 2 sweeps").click()
    page.page.wait_for_selector("main canvas")
    told = page.page.locator("table").inner_text()
    for name in (ended, "other"):
        assert f"{sweeps.namespace}/{name}" in told
        assert f"{float(sweeps.sweep(name)['status']['best']['value']):.6g}" in told
    picture(page, "compare")
