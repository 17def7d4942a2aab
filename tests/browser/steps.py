"""What people do on the pages, step by step."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.stack import ROOT, Stack

WRITING_MS = 30_000
# A wave, and the page that looks for it every few seconds where there are no scripts.
MATCHING_MS = 30_000


def sign_in(page: Page, who: str) -> None:
    """Chooses somebody on the provider's page; an address makes somebody new."""
    page.goto("/sign-in")
    page.get_by_role("link", name=re.compile("Sandbox")).click()
    if "@" in who:
        page.get_by_text("Somebody whose address").click()
        page.get_by_label("Email address").fill(who)
        page.get_by_role("button", name="Continue").click()
    else:
        page.get_by_role("button", name=re.compile(who)).click()
    expect(page.locator("#credit-badge")).to_be_visible()


def buy(page: Page, pack: str) -> None:
    """Pays on the hosted page and comes back."""
    page.goto("/credits")
    page.get_by_role("button", name=f"Buy {pack}").click()
    page.get_by_role("button", name=re.compile("4242")).click()
    page.wait_for_url(re.compile("/billing/checkouts/"))
    expect(page.locator("main")).to_contain_text("credits are yours", timeout=WRITING_MS)


def add_line(page: Page, line: str) -> None:
    """Puts a line into the pot."""
    page.locator("#composer textarea").fill(line)
    page.get_by_role("button", name="Add your line").click()


def open_own_room(page: Page, who: str) -> str:
    """Somebody's own room, by one button; its address."""
    sign_in(page, who)
    page.get_by_role("button", name="Open a room").click()
    page.wait_for_url(re.compile("/rooms/"))
    expect(page.locator("#seats")).to_contain_text("here")
    return page.url


def join(page: Page, who: str, room: str) -> None:
    """Sits down beside the one who is there."""
    sign_in(page, who)
    page.goto(room)
    page.get_by_role("button", name="Join this room").click()
    expect(page.locator("#seats .is-here")).to_have_count(2)


def written(stack: Stack) -> str:
    """The newest text as its row keeps it."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        row: Any = connection.execute(
            "SELECT text || tail FROM generations ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return str(row[0])


def assert_clean_audit(stack: Stack) -> None:
    """What an operator would type."""
    result = subprocess.run(
        [sys.executable, "-m", "flask", "audit"],
        cwd=ROOT,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "BROKEN" not in result.stdout
