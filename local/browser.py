"""The installed Chromium, driven by Playwright: for the tests in a browser, and for the pictures of the workbench."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):  # noqa: N818
    """There is no Chromium; the message says how to get it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium; `NoBrowser` if none is installed."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise NoBrowser("There is no Chromium. Install Chromium, for example: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Page) -> None:
    """Wait until the workbench has drawn what was asked of it."""
    page.wait_for_timeout(150)  # a click reaches the server before its answer says that it runs
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(150)
