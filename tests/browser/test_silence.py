"""A model that says nothing more: the page says so, sooner than anybody wonders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.steps import WRITING_MS, add_line, assert_clean_audit, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {
    "SANDBOX_MODEL": "scripted-stalling",
    "OPENAI_STALL_SECONDS": "8",
    "WELCOME_CREDITS": "1000",
}


def test_after_a_second_it_is_said_and_after_three_in_other_words(
    open_page: OpenPage, stack: Stack
) -> None:
    ada = open_page()
    sign_in(ada, "Ada Okafor")
    ada.get_by_role("button", name="Open a room").click()
    add_line(ada, "A frog who sings.")
    status = ada.locator("[data-stream-status]")
    expect(ada.locator("[data-stream]")).to_contain_text("scripted model")
    expect(status).to_have_text("The press is thinking…")
    expect(status).to_have_text("The press stands still. It goes on by itself, or nobody pays.")
    expect(ada.locator(".bill")).to_contain_text("Nobody was charged", timeout=WRITING_MS)
    assert_clean_audit(stack)
