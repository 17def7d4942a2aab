"""A round with several people has a clock: who is late is left out, and pays nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from potluck.database import db
from potluck.rooms import clock, rounds, starting
from tests.rooms.conftest import Table
from tests.rooms.four import ADA, BEN, CHIYO, DARA, Four

RING = text("UPDATE rounds SET closes_at = now() - interval '1 second' WHERE phase = 'collecting'")


def ring() -> None:
    """The time is up, and the beat comes."""
    db.session.execute(RING)
    db.session.commit()
    starting.start_due()
    db.session.expire_all()


def seconds_left(table: Table) -> int | None:
    return clock.seconds_left(table.round)


def test_the_clock_begins_with_the_first_line_of_several_people(table: Table) -> None:
    assert seconds_left(table) is None
    table.add_lines("A frog.")
    left = seconds_left(table)
    assert left is not None
    assert clock.LINES_SECONDS - 5 <= left <= clock.LINES_SECONDS
    table.add_lines("A frog who sings.")
    again = seconds_left(table)
    assert again is not None
    assert again <= left


def test_when_the_time_is_up_those_who_are_late_pay_nothing(table: Table) -> None:
    table.add_lines("A frog.")
    starting.start_due()
    assert table.round.phase == "collecting"
    ring()
    assert table.round.phase == "generating"
    assert table.round.closes_at is None
    assert table.write().phase == "done"
    (ada, _), (ben, _) = table.balances()
    assert ada < 1000
    assert ben == 1000


def test_nobody_pays_twice_when_two_processes_look_at_the_clock(table: Table) -> None:
    table.add_lines("A frog.")
    db.session.execute(RING)
    db.session.commit()
    with db.engine.connect() as other:
        taken = other.execute(
            text("SELECT id FROM rounds WHERE phase = 'collecting' FOR UPDATE")
        ).all()
        starting.start_due()
        assert len(taken) == 1
    assert table.round.phase == "collecting"
    starting.start_due()
    assert table.round.phase == "generating"


def test_the_host_gives_everybody_a_minute_more_up_to_a_limit(four: Four) -> None:
    four.add_lines(BEN)
    before = seconds_left(four.table)
    assert four.submit(ADA, "extension").status_code == 303
    after = seconds_left(four.table)
    assert before is not None
    assert after is not None
    assert clock.EXTENSION_SECONDS - 5 <= after - before <= clock.EXTENSION_SECONDS
    for _ in range(12):
        four.submit(ADA, "extension")
    left = seconds_left(four.table)
    assert left is not None
    assert left <= clock.LEFT_SECONDS_MAX


def test_the_page_says_how_long_is_left(four: Four) -> None:
    four.add_lines(BEN)
    assert "It goes on without the rest in" in four.page(CHIYO)
    assert "One more minute" in four.composer(ADA)
    assert "One more minute" not in four.composer(BEN)


@pytest.mark.fault("M18")
def test_a_line_that_nobody_decides_about_is_left_out_in_the_end(short: Four) -> None:
    """The host is away: those who can pay wait a minute, and then go on."""
    assert short.table.round.phase == "collecting"
    left = seconds_left(short.table)
    assert left is not None
    assert left <= clock.DECISION_SECONDS
    ring()
    assert short.table.round.phase == "generating"
    assert short.names_of_lines() == {"Ada", "Ben", "Dara"}
    short.table.write()
    assert short.paid()[CHIYO] == 0


def test_a_round_of_lines_that_nobody_can_pay_for_waits(four: Four) -> None:
    four.add_lines(DARA)
    four.take_all(DARA)
    ring()
    assert four.table.round.phase == "collecting"
    assert "can't be paid for yet" in four.page(ADA)
    ring()
    assert four.table.round.phase == "collecting"
    assert four.names_of_lines() == set()
    assert seconds_left(four.table) is None


def test_a_round_that_cannot_start_is_not_tried_every_second(table: Table) -> None:
    table.add_lines("A frog.")
    table.app.extensions["settings"] = table.app.extensions["settings"].model_copy(
        update={"openai_model": "no-price"}
    )
    ring()
    assert table.round.phase == "collecting"
    assert table.round.closes_at is None
    assert rounds.current_round(table.room)
