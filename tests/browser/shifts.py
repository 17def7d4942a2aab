"""What moves on a page."""

from __future__ import annotations

from playwright.sync_api import Page

WATCH = """
    window.shifted = [];
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        const names = sources.map(({ node }) => (node?.parentElement ?? node)?.outerHTML);
        window.shifted.push(`${value}: ${names}`.slice(0, 300));
      }
    }).observe({ type: "layout-shift", buffered: true });
"""
# What is drawn has been looked at for what moved once the frame after it is.
SHIFTED = """
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
      () => setTimeout(() => done(window.shifted)))))
"""


def watch_shifts(page: Page) -> None:
    """Notes from the next page on how much of it moves."""
    page.add_init_script(WATCH)


def shifted(page: Page) -> list[str]:
    """How much has moved so far, and what; see https://web.dev/articles/cls for the measure."""
    moved: list[str] = page.evaluate(SHIFTED)
    return moved
