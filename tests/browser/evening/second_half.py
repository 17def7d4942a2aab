"""Rounds six to twelve: the model fails, the server is killed, and others pay."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.evening.house import until
from tests.browser.evening.table import ADA, BEN, CHIYO, DARA, LINES, NAMES, WAITING, Table
from tests.browser.evening.windows import TIMEOUT_MS

STAKE = 1_000
# As it does fifteen seconds later.
LEASE_ENDS = "UPDATE generations SET lease_expires_at = now() WHERE state = 'dispatched'"


def a_roast_that_fails_and_is_tried_again(table: Table) -> None:
    """Nobody pays for the half that came; the lines are still there."""
    table.begin("roast", model="scripted-hiccup")
    table.add_lines(*NAMES)
    failed = table.check("failed", payers=())
    assert failed.error == "provider_failed"
    assert failed.text
    table.try_again()
    written = table.check("done", payers=NAMES)
    assert written.text.startswith(failed.text)


def a_quiz_through_a_kill(table: Table) -> None:
    """The process is killed in mid-stream and started again: nobody pays, and it is tried again."""
    table.begin("quiz", model=WAITING)
    table.add_lines(*NAMES)
    first = table.pause()
    with table.killed():
        for window in table.windows:
            window.expect_text(first)
        table.house.sql(LEASE_ENDS)
    failed = table.check("failed", payers=())
    assert (failed.error, failed.text) == ("interrupted", first)
    table.try_again()
    again = table.pause()
    table.house.let_go_on()
    table.pause(after=again)
    table.house.let_go_on()
    table.check("done", payers=NAMES)


def a_chat_that_the_host_treats(table: Table) -> None:
    """Ada pays for all, and Dara stops it."""
    table.begin("chat", model=WAITING, payment="host")
    table.add_lines(*NAMES)
    first = table.pause()
    table.dara.send("generation/stop")
    written = table.check("stopped", payers={ADA})
    assert written.text == first
    assert f"for {DARA}" in table.ben.bill()


def a_picture_from_the_pot(table: Table) -> None:
    """Everybody puts something in, and gets back what is left."""
    table.begin("picture", payment="pot")
    for window in table.windows:
        window.put_into_pot(STAKE)
    table.dara.send("pot", amount=str(STAKE))
    table.add_lines(*NAMES)
    table.check("done", payers=NAMES)
    for window in table.windows:
        until(window.has_picture, f"{window.name} sees no picture")


def a_story_without_somebody(table: Table) -> None:
    """Ben has put everything into the pot, so he can't pay: the host goes on without his line."""
    table.begin("story")
    table.add_lines(BEN)
    table.ben.put_into_pot(table.house.balances()[BEN].available)
    table.add_lines(ADA, CHIYO, DARA)
    composer = table.ben.page.locator("#composer")
    expect(composer).to_contain_text("Your line waits for credits", timeout=TIMEOUT_MS)
    table.ada.choose("Go on without it")
    table.check("done", payers={ADA, CHIYO, DARA})
    assert LINES[BEN] not in table.house.written().text
    table.ben.choose("Take mine out")
    table.ben.expect_available(table.house.balances()[BEN].posted)
