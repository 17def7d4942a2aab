"""Rounds one to five: somebody comes late, reloads, loses the network, and two press Stop."""

from __future__ import annotations

from tests.browser.evening.table import ADA, BEN, CHIYO, DARA, WAITING, Table

RING = "UPDATE rounds SET closes_at = now() WHERE phase = 'collecting'"


def a_story_by_three(table: Table) -> None:
    """Three are there, and each adds a line."""
    table.comes("collecting")
    table.add_lines(ADA, BEN, DARA)
    table.check("done", payers={ADA, BEN, DARA})


def a_verdict_that_somebody_comes_into(table: Table) -> None:
    """Chiyo takes a seat in mid-stream: she reads it from the beginning, and pays nothing."""
    table.begin("verdict", model=WAITING)
    table.add_lines(ADA, BEN, DARA)
    first = table.pause()
    page = table.chiyo.page
    page.goto(table.ada.page.url)
    page.get_by_role("button", name="Join this room").click()
    table.windows.append(table.chiyo)
    table.chiyo.expect_text(first)
    table.house.let_go_on()
    table.pause(after=first)
    table.house.let_go_on()
    table.check("done", payers={ADA, BEN, DARA})


def a_plan_read_through_reloads(table: Table) -> None:
    """Two reload in mid-stream, and Chiyo is late with her line: the clock goes on without her."""
    table.begin("plan", model=WAITING)
    table.add_lines(ADA, BEN, DARA)
    table.house.sql(RING)
    first = table.pause()
    for window in (table.ada, table.chiyo):
        window.page.reload()
    table.house.let_go_on()
    second = table.pause(after=first)
    table.ben.page.reload()
    table.ben.expect_text(second)
    table.house.let_go_on()
    table.check("done", payers={ADA, BEN, DARA})


def an_explanation_through_a_lost_network(table: Table) -> None:
    """Ben's network is gone for the second part, Chiyo's for the end."""
    table.begin("explain", model=WAITING)
    table.add_lines(ADA, BEN, CHIYO, DARA)
    first = table.pause()
    with table.offline(table.ben):
        table.house.let_go_on()
        second = table.pause([table.ada, table.chiyo], after=first)
        table.ben.expect_text(first)
    table.ben.expect_text(second)
    with table.offline(table.chiyo):
        table.house.let_go_on()
        table.ada.expect(table.number, "done")
        table.chiyo.expect_text(second)
    table.check("done", payers={ADA, BEN, CHIYO, DARA}, whole=[table.ada, table.ben])


def names_that_two_stop_at_once(table: Table) -> None:
    """Both are heard, and what is there is charged once."""
    table.begin("names", model=WAITING)
    table.add_lines(ADA, BEN, CHIYO, DARA)
    first = table.pause()
    for window in (table.ada, table.ben):
        window.press_at_once("stop")
    written = table.check("stopped", payers={ADA, BEN, CHIYO, DARA})
    assert written.text == first
