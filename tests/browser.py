"""A real Chromium for tests, which fails a test when a page does what it should not."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.cluster.packages import require_packages

# How much longer than usual a test waits: other tests run on the same cores.
PATIENCE = 4
# What a view of a sweep has once it is drawn.
DRAWN = "#view canvas, #view .tabulator-row, #view .log-lines"
PACKAGES = {"chromium": "chromium", "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu"}


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, installed when it is missing."""
    require_packages(PACKAGES)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-precise-memory-info"]  # as root there is no sandbox
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that is looked at.

    Attributes:
        complaints: what the console said, and scripts that failed.
        asked: addresses that the page asked for.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector("main canvas, main .tabulator, main .trouble, main .summary")

    def show(self, view: str, wait: str = "#view canvas, #view .tabulator") -> None:
        """Another view of the sweep, or a trial: ``curves``, ``trial/3``."""
        self.page.evaluate("view => location.hash = page.hrefOf(...view.split('/'))", view)
        self.page.wait_for_selector(wait)
        self.page.wait_for_timeout(150)  # what is drawn in the next frames

    def told(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def until(self, script: str, argument: Any = None, seconds: float = 15) -> None:
        """Wait for something to be true. Not by the page itself, which may not evaluate texts.

        Args:
            seconds: how long it takes at most on a machine that has nothing else to do.
        """
        deadline = time.monotonic() + PATIENCE * seconds
        while not self.told(script, argument):
            assert time.monotonic() < deadline, f"not within {seconds} s: {script}"
            self.page.wait_for_timeout(30)

    def check(self) -> None:
        """Nothing failed, nothing was refused by the page's policy, no text became a script."""
        assert not self.complaints, self.complaints
        assert self.told("window.hacked") is None


@contextlib.contextmanager
def visit(browser: Browser, **options: Any) -> Iterator[Visit]:
    """A page in a profile of its own; ``options`` are those of a browser context."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, **options)
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 15_000)
    seen = Visit(page)
    page.on(
        "console",
        lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: seen.complaints.append(f"{error}\n{error.stack}"))
    page.on("request", lambda request: seen.asked.append(request.url))
    yield seen
    context.close()
