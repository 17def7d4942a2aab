"""Somebody can't pay any more: the host's page asks what to do, as soon as it is known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.steps import WRITING_MS, add_line, assert_clean_audit, sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

STACK_ENV = {"WELCOME_CREDITS": "1000"}
FREEZE = """
    UPDATE accounts SET freezes = freezes + %s
    WHERE user_id = (SELECT id FROM users WHERE name = 'Ben Castillo')
"""


@pytest.mark.fault("M18")
def test_the_host_is_asked_live_and_treats(open_page: OpenPage, stack: Stack) -> None:
    ada, ben = open_page(width=360), open_page()
    sign_in(ada, "Ada Okafor")
    sign_in(ben, "Ben Castillo")
    ada.goto("/pool")
    ada.get_by_role("button", name="Open a room").click()
    ada.wait_for_url(re.compile("/rooms/"))
    ben.goto(ada.url)
    ben.get_by_role("button", name="Join this room").click()
    expect(ben.locator("#seats").get_by_text("here")).to_have_count(2)
    add_line(ben, "A crate that hums.")
    expect(ada.get_by_role("button", name="Start now")).to_be_visible()
    freeze(stack, 1)
    # She is asked even while she types, and keeps what she typed.
    ada.locator("#composer textarea").fill("A lighthouse keeper")
    ada.get_by_role("button", name="Start now").click()
    expect(ben.locator("#composer")).to_contain_text("Your credits are frozen")
    expect(ada.locator("#composer")).to_contain_text("You pay at most")
    expect(ada.locator("#composer textarea")).to_have_value("A lighthouse keeper")
    expect(ben.get_by_role("button", name="Treat: pay its part too")).to_have_count(0)
    ada.get_by_role("button", name="Treat: pay its part too").click()
    for page in (ada, ben):
        expect(page.locator(".bill")).to_contain_text("for Ben Castillo", timeout=WRITING_MS)
    freeze(stack, -1)
    assert_clean_audit(stack)


def freeze(stack: Stack, change: int) -> None:
    """As a dispute does at its beginning, and at its end."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(FREEZE, (change,))
