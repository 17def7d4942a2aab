"""A room of people with a browser each, and when each word of a text was in every one of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import NAMES
from tests.browser.steps import WRITING_MS, add_line
from tests.live import population
from tests.stack import Stack

# Between two looks at the same clock there is a microtask: the text is in the page, not yet drawn.
WATCH = """() => {
  const words = /\\d{10}\\.\\d{4}/g;
  window.arrivals = new Map();
  const note = () => {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    for (const stream of document.querySelectorAll("#round [data-stream]")) {
      for (const [word] of stream.textContent.matchAll(words)) {
        if (!window.arrivals.has(word)) window.arrivals.set(word, now);
      }
    }
  };
  const options = { childList: true, characterData: true, subtree: true };
  new MutationObserver(note).observe(document.getElementById("round-frame"), options);
}"""
TAKE = "() => { const all = [...window.arrivals]; window.arrivals.clear(); return all; }"


def delays_seconds(stack: Stack, *, pages: int, rounds: int) -> list[float]:
    """Of every chunk, until it was in the last page; the first round warms up."""
    delays: list[float] = []
    with _seated(stack, pages) as room:
        for number in range(rounds + 1):
            if number:
                room[0].get_by_role("button", name="Another round").click()
            _play(room)
            taken = [dict(page.evaluate(TAKE)) for page in room]
            words = set(taken[0])
            assert all(set(arrivals) == words for arrivals in taken), "a page lacks a word"
            if number:
                delays += [max(each[word] for each in taken) - float(word) for word in words]
    return delays


def _play(room: list[Page]) -> None:
    for page in room:
        add_line(page, "A lighthouse keeper who fears the dark.")
    for page in room:
        expect(page.locator("#round .bill")).to_be_visible(timeout=WRITING_MS)


@contextmanager
def _seated(stack: Stack, pages: int) -> Iterator[list[Page]]:
    """So many pages of one room, each somebody else's."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        people = population.make_members(connection, people=pages)
        cookies = population.sign_in(connection, people)
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright, ExitStack() as contexts:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        contexts.callback(browser.close)
        room = [_page(browser, stack, cookie) for cookie in cookies]
        host, *others = room
        host.goto("/")
        host.get_by_role("button", name="Open a room").click()
        host.wait_for_url("**/rooms/*")
        for page in others:
            page.goto(host.url)
            page.get_by_role("button", name="Join this room").click()
        for page in room:
            expect(page.locator("#composer textarea")).to_be_visible()
            page.evaluate(WATCH)
        yield room


def _page(browser: Browser, stack: Stack, cookie: str) -> Page:
    context = browser.new_context(base_url=stack.url)
    context.set_default_timeout(WRITING_MS)
    context.add_cookies([{"name": "potluck", "value": cookie, "url": stack.url}])
    return context.new_page()
