"""A connection breaks once something is committed, so nobody hears that it was: it is done once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine

from potluck import lone_statements
from potluck.database import db
from potluck.plain_statements import Row, rows
from potluck.rooms import endings, matching
from tests.announced import announced
from tests.people import make_user, wait_in_pool
from tests.rooms.conftest import Table
from tests.rooms.four import ADA, BEN, Four
from tests.trouble import break_after_commit, break_connection

IS_ORDERED = "SELECT 1 FROM generations"
IS_OVER = "SELECT 1 FROM generations WHERE state = 'done'"
IS_IN_POT = "SELECT 1 FROM holds"
IS_MATCHED = "SELECT 1 FROM rooms OFFSET 1"
WAITING = {"Dara": 0, "Chiyo": 1000, "Eda": 1000}

pytestmark = pytest.mark.fault("G14")


def test_everybody_is_told_of_an_ending_that_nobody_heard_of(
    table: Table, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []

    def break_after(
        connection: psycopg.Connection[Any], statement: str, values: Mapping[str, object]
    ) -> list[Row]:
        found = rows(connection, statement, values)
        if statement == endings.END and not lost:
            lost.append(statement)
            break_connection(connection)
        return found

    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    monkeypatch.setattr(lone_statements, "rows", break_after)
    with announced(owner) as said:
        round_ = table.write()
    assert (lost, round_.phase) == ([endings.END], "done")
    assert_told(said, table, [person.id for person in table.people])
    assert spent(table) == (round_.generation and round_.generation.cost_credits)


def test_everybody_is_told_of_an_ending_from_the_pot_that_nobody_heard_of(
    four: Four, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    four.submit(ADA, "pot", amount="100")
    four.submit(ADA, "payment", payment="pot")
    four.add_lines(ADA, BEN)
    four.submit(ADA, "generation")
    lost = break_after_commit(monkeypatch, IS_OVER)
    with announced(owner) as said:
        round_ = four.table.write()
    assert (lost, round_.phase) == ([IS_OVER], "done")
    assert_told(said, four.table, [four.table.people[ADA].id])
    assert spent(four.table) == (round_.generation and round_.generation.cost_credits)


def test_a_round_has_started_once_though_nobody_heard_that_it_did(
    four: Four, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    four.add_lines(ADA, BEN)
    lost = break_after_commit(monkeypatch, IS_ORDERED)
    with announced(owner) as said:
        answer = four.submit(ADA, "generation")
    assert (lost, answer.status_code) == ([IS_ORDERED], 303)
    assert [each["kind"] for each in said].count("order") == 1
    assert_told(said, four.table, [four.table.people[who].id for who in (ADA, BEN)])
    assert four.table.write().phase == "done"


def test_whoever_was_matched_is_told_though_nobody_heard_that_they_were(
    table: Table, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor, *others = [make_user(name, credits=credits).id for name, credits in WAITING.items()]
    for user_id in (poor, *others):
        wait_in_pool(user_id)
    db.session.commit()
    lost = break_after_commit(monkeypatch, IS_MATCHED)
    with announced(owner) as said:
        matching.match_waiting()
    assert lost == [IS_MATCHED]
    told = {each["user_id"]: each["kind"] for each in said}
    assert told == {poor: "place_lost", **dict.fromkeys(others, "matched")}
    rooms_made = {each["room_id"] for each in said if each["kind"] == "matched"}
    assert len(rooms_made - {table.room_id}) == 1


def test_credits_are_in_the_pot_once_though_nobody_heard_that_they_are(
    four: Four, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = break_after_commit(monkeypatch, IS_IN_POT)
    assert four.submit(ADA, "pot", amount="100", stake="0").status_code == 503
    assert lost == [IS_IN_POT]
    with announced(owner) as said:
        assert four.submit(ADA, "pot", amount="100", stake="0").status_code == 303
    assert four.table.balances()[ADA] == (1000, 100)
    assert_told(said, four.table, [four.table.people[ADA].id])


def assert_told(said: list[dict[str, Any]], table: Table, payers: list[int]) -> None:
    assert {"kind": "round", "room_id": table.room_id} in said
    assert {each["user_id"] for each in said if each["kind"] == "credits"} == set(payers)


def spent(table: Table) -> int:
    return sum(1000 - posted for posted, _ in table.balances())
