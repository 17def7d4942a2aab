"""Chromium as people have it; any error on a console or of the policy fails the test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.stack import Stack, running_stack

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A deadline for slow machines: what is there is waited for no longer.
ROUND_TRIP_MS = 30_000

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=ROUND_TRIP_MS)
    with sync_playwright() as playwright:
        path, arguments = chromium_path(), ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


def chromium_path() -> str:
    """The Chromium that is installed here."""
    installed = (found for name in NAMES if (found := shutil.which(name)))
    path = os.environ.get("CHROMIUM") or next(installed, None)
    assert path, "These tests need Chromium. On Debian: apt-get install chromium"
    return path


@pytest.fixture(scope="module")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """An installation of this file's own, with its `STACK_ENV`: its people are nobody else's."""
    env: dict[str, str] = getattr(request.module, "STACK_ENV", {})
    with (
        tempfile.TemporaryDirectory(prefix="potluck-") as folder,
        running_stack(Path(folder) / "var", **env) as stack,
    ):
        yield stack


@pytest.fixture
def open_page(chromium: Browser, stack: Stack) -> Iterator[OpenPage]:
    """Opens a window with cookies of its own: `open_page(javascript=False, width=360)`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(
        *,
        javascript: bool = True,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        still: bool = False,
        locale: str | None = None,
        excused: Sequence[str] = (),
    ) -> Page:
        context = chromium.new_context(
            base_url=stack.url,
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            reduced_motion="reduce" if still else "no-preference",
        )
        context.set_default_timeout(ROUND_TRIP_MS)
        contexts.append(context)
        page = context.new_page()
        listen_for_complaints(page, complaints, stack.url, excused)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, complaints


def listen_for_complaints(
    page: Page, complaints: list[str], url: str, excused: Sequence[str] = ()
) -> None:
    """Reports of the policy arrive on the console as errors.

    `excused` are parts of what a browser says of a network that the test takes away.
    """

    def is_complaint(words: str) -> bool:
        return page.url.startswith(url) and not any(part in words for part in excused)

    page.on(
        "console",
        lambda message: (
            complaints.append(f"{page.url}: {message.text}")
            if message.type in {"error", "warning"} and is_complaint(message.text)
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
