"""A text that takes a minute to write can be stopped, and reloaded in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    MATCHING_MS,
    WRITING_MS,
    add_line,
    assert_clean_audit,
    buy,
    sign_in,
    written,
)
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"SANDBOX_MODEL": "scripted-slow"}
WORDS = "You wrote"


@pytest.mark.fault("G6")
def test_stop_ends_the_text_at_the_model_too_and_charges_what_was_written(
    open_page: OpenPage, stack: Stack
) -> None:
    ada, ben = open_page(), open_page(width=360)
    _write_together(ada, ben)
    expect(ada.locator("[data-stream]")).to_contain_text(WORDS, timeout=WRITING_MS)
    assert _generating(stack) == 1
    for page in (ada, ben):
        # Nothing but the text has come since it began.
        expect(page.locator("[data-cost-so-far]")).to_have_text(
            "About 2 credits so far", timeout=WRITING_MS
        )
    ben.get_by_role("button", name="Stop").click()
    for page in (ada, ben):
        expect(page.locator(".bill")).to_contain_text("Stopped by somebody", timeout=2_000)
        expect(page.locator(".bill")).to_contain_text("This round cost")
        assert page.locator("[data-stream]").inner_text() == written(stack)
    assert _generating(stack) == 0
    assert_clean_audit(stack)


@pytest.mark.fault("G7")
def test_a_reload_in_the_middle_loses_and_repeats_nothing(
    open_page: OpenPage, stack: Stack
) -> None:
    chiyo, dara = open_page(), open_page(javascript=False)
    sign_in(chiyo, "Chiyo Tanaka")
    buy(chiyo, "2,000 credits")
    chiyo.goto("/pool")
    chiyo.get_by_role("button", name="Open a room").click()
    sign_in(dara, "Dara Lindqvist")
    dara.goto(chiyo.url)
    dara.get_by_role("button", name="Join this room").click()
    add_line(chiyo, "A frog who sings.")
    chiyo.get_by_role("button", name="Start now").click()
    expect(chiyo.locator("[data-stream]")).to_contain_text("scripted model")
    chiyo.reload()
    expect(chiyo.locator("[data-stream]")).to_contain_text(WORDS, timeout=WRITING_MS)
    dara.reload()
    expect(dara.locator("[data-stream]")).to_contain_text("scripted model")
    chiyo.get_by_role("button", name="Stop").click()
    expect(chiyo.locator(".bill")).to_contain_text("Stopped")
    assert chiyo.locator("[data-stream]").inner_text() == written(stack)
    assert_clean_audit(stack)


def _write_together(*people: Page) -> None:
    for page, name in zip(people, ("Ada Okafor", "Ben Castillo"), strict=True):
        sign_in(page, name)
        buy(page, "2,000 credits")
        page.goto("/pool")
        page.get_by_role("button", name="Join the pool").click()
    for page in people:
        page.wait_for_url("**/rooms/*", timeout=MATCHING_MS)
        add_line(page, "A frog who sings.")


def _generating(stack: Stack) -> int:
    """How many calls the model is answering now."""
    base = stack.env["OPENAI_BASE_URL"].removesuffix("/v1")
    count: int = requests.get(f"{base}/health", timeout=5).json()["generating"]
    return count
