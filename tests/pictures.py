"""Takes the pictures of the documentation: ``make pictures``.

Runs the example sweeps with ``sweepjob run --local``, writes their report, and photographs each view in Chromium. The
digits example takes about three minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser import DRAWN, Visit, chromium, visit
from tests.cluster import layout
from tests.e2e.environments import environment

PICTURES = layout.PROJECT / "docs" / "pictures"
EXAMPLES = layout.PROJECT / "examples"
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
# Views that are longer than the window.
LONG = ("trial", "importance", "overview", "trials-compared")
PHONE = (390, 844)


def sweepjob(folder: Path, *arguments: str) -> None:
    """Runs the program in a folder, with the environment of the example trainer."""
    programs = environment("trainer") / "bin"
    env = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    env["PYTHONPATH"] = str(layout.PROJECT / "operator")
    command = [sys.executable, "-m", "sweepjob.cli", *arguments]
    subprocess.run(command, cwd=folder, env=env, check=True)


def run_examples(folder: Path) -> None:
    """Runs the digits example and the first example; their folders are in ``folder``."""
    for example, working in (("digits", EXAMPLES / "digits"), ("first", layout.PROJECT)):
        file, place = str(EXAMPLES / example / "sweep.yaml"), str(folder / example)
        sweepjob(working, "run", "--local", "--fresh", "-f", file, "--folder", place)


def report(folder: Path, *examples: str) -> str:
    """Writes the report of examples and returns its address."""
    file = folder / f"{'-'.join(examples)}.html"
    folders = [word for example in examples for word in ("--folder", str(folder / example))]
    sweepjob(folder, "report", *folders, "-o", str(file))
    return file.as_uri()


def save(page: Visit, name: str) -> None:
    picture = page.page.screenshot(full_page=name in LONG)
    (PICTURES / f"{name}.png").write_bytes(picture)
    print(f"written: docs/pictures/{name}.png")


def take(folder: Path) -> None:
    """Takes the pictures of one sweep, and of two that are compared."""
    with chromium() as browser:
        with visit(browser) as page:
            page.open(report(folder, "digits"))
            stopped = page.told("page.model.trials.findLast(t => t.stop?.policy).index")
            first, second = page.told("page.model.ranked(2).map(t => t.index)")
            for view in (*VIEWS, f"trial/{stopped}", f"compare/{first},{second}"):
                page.show(view, DRAWN)
                save(page, view.split("/")[0].replace("compare", "trials-compared"))
        with visit(browser) as page:
            width, height = PHONE
            page.page.set_viewport_size({"width": width, "height": height})
            page.open(report(folder, "digits"))
            save(page, "phone")
        with visit(browser) as page:
            page.open(report(folder, "digits", "first"))
            page.told("location.hash = '#/'")
            page.page.wait_for_selector(".tabulator-row")
            for name in ("digits", "first"):
                page.page.get_by_label(f"compare local/{name}").check()
            save(page, "sweeps")
            page.page.get_by_role("link", name="Compare 2 sweeps").click()
            page.page.wait_for_selector("main canvas")
            page.page.wait_for_timeout(500)  # until the charts have drawn
            save(page, "compare")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="folder with the sweeps of an earlier run")
    arguments = parser.parse_args()
    if arguments.folder is not None:
        take(arguments.folder.resolve())
        return 0
    with tempfile.TemporaryDirectory() as made:
        run_examples(Path(made))
        take(Path(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
