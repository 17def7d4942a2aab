"""The account's page is live: where somebody is signed in is told as it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from playwright.sync_api import expect

from tests.browser.steps import sign_in
from tests.stack import Stack

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage

# As by hand in psql: nothing of the app's takes part.
END_OTHERS = """
    DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = 'Ada Okafor')
    AND id <> (SELECT min(id) FROM sessions WHERE user_id = sessions.user_id)
"""


def test_a_sign_in_elsewhere_shows_at_once_and_so_does_its_end(
    open_page: OpenPage, stack: Stack
) -> None:
    laptop, phone = open_page(), open_page(width=360)
    sign_in(laptop, "Ada Okafor")
    laptop.goto("/account")
    sessions = laptop.locator("#sessions")
    expect(sessions).to_contain_text("Nowhere else.")
    expect(laptop.locator("[data-connection-status='live']")).to_be_visible()
    sign_in(phone, "Ada Okafor")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    sessions.get_by_role("button", name="Sign out everywhere else").focus()
    sign_in(open_page(), "Ada Okafor")
    expect(sessions.get_by_role("listitem")).to_have_count(3)
    # Whoever is about to press it isn't interrupted.
    expect(sessions.get_by_role("button", name="Sign out everywhere else")).to_be_focused()
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(END_OTHERS)
    expect(sessions).to_contain_text("Nowhere else.")
    expect(phone.locator("#session-bar")).to_contain_text("You are signed out.")
