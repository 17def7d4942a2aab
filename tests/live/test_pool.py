"""Waiting in the pool, and the waves that end it, on any number of processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.beside import Beside
from tests.live.clock import WAVE_SECONDS, seconds_since_wave, wait_for_a_new_wave
from tests.stopped import stopped
from tests.visitors import Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]

# A wave, and what it takes to notice it and to tell.
WAVE_TAKES_SECONDS = 3
GONE_WITHIN_SECONDS = 10

pytestmark = pytest.mark.usefixtures("nobody_waits")


def test_four_are_seated_at_once(visitor: VisitorFactory, sql: Sql) -> None:
    sockets = [_rich(visitor, f"four{n}").connect("/members") for n in range(4)]
    wait_for_a_new_wave(sql)
    began = time.monotonic()
    for socket in sockets:
        assert socket.ask("join_pool")["ok"]
    assert len({socket.hear("matched")["code"] for socket in sockets}) == 1
    assert time.monotonic() - began < WAVE_SECONDS - WAVE_TAKES_SECONDS


def test_two_on_two_processes_are_seated_together_when_the_wave_comes(
    visitor: VisitorFactory, beside: Beside, sql: Sql
) -> None:
    ada = _rich(visitor, "wave-a").connect("/members")
    ben = beside.visit(_rich(visitor, "wave-b")).connect("/members")
    wait_for_a_new_wave(sql)
    assert ada.ask("join_pool") == {"ok": True, "waiting": 1}
    assert ben.ask("join_pool") == {"ok": True, "waiting": 2}
    assert ada.hear("pool_count") == {"waiting": 2}
    codes = {ada.hear("matched")["code"], ben.hear("matched")["code"]}
    assert seconds_since_wave(sql) < WAVE_TAKES_SECONDS
    assert len(codes) == 1


def test_who_came_first_is_seated_first(visitor: VisitorFactory, sql: Sql) -> None:
    people = [_rich(visitor, f"order{n}") for n in range(5)]
    wait_for_a_new_wave(sql)
    sockets = [person.connect("/members") for person in people]
    answers = [socket.ask("join_pool") for socket in sockets]
    assert answers[-1] == {"ok": True, "waiting": 1}
    assert len({socket.hear("matched")["code"] for socket in sockets[:4]}) == 1


def test_a_reload_keeps_the_place_and_its_turn(visitor: VisitorFactory, sql: Sql) -> None:
    ada = _rich(visitor, "reload")
    socket = ada.connect("/members")
    socket.ask("join_pool")
    since = "SELECT joined_at FROM pool_entries WHERE expires_at > now()"
    before = sql(since)
    for _ in range(3):
        socket.close()
        # As long as a reload over a slow network takes.
        _pass(4)
        socket = ada.connect("/members")
        assert socket.ask("join_pool") == {"ok": True, "waiting": 1}
    assert sql(since) == before


def test_leaving_after_the_match_says_that_there_is_a_room(
    visitor: VisitorFactory, sql: Sql
) -> None:
    people = [_rich(visitor, f"late{n}") for n in range(2)]
    sockets = [person.connect("/members") for person in people]
    for socket in sockets:
        socket.ask("join_pool")
    for socket in sockets:
        socket.hear("matched")
        assert socket.ask("leave_pool")["error"]["code"] == "already_in_room"
    page = people[0].submit("/pool/leave", page="/credits")
    assert "/rooms/" in page.url


def test_who_spent_their_credits_meanwhile_is_told_and_the_others_are_seated(
    visitor: VisitorFactory, sql: Sql
) -> None:
    sockets = [_rich(visitor, f"spent{n}").connect("/members") for n in range(3)]
    wait_for_a_new_wave(sql)
    for socket in sockets:
        assert socket.ask("join_pool")["ok"]
    sql(
        "UPDATE accounts SET held = posted FROM pool_entries"
        " WHERE accounts.user_id = pool_entries.user_id AND pool_entries.user_id ="
        " (SELECT user_id FROM pool_entries ORDER BY joined_at LIMIT 1)"
    )
    assert len({socket.hear("matched")["code"] for socket in sockets[1:]}) == 1
    assert sockets[0].hear("notice")["code"] == "insufficient_credits"
    assert sockets[0].ask("get_pool_count") == {"ok": True, "waiting": 0}


def test_nobody_joins_while_the_operator_has_stopped_rounds(
    visitor: VisitorFactory, sql: Sql
) -> None:
    socket = _rich(visitor, "stopped").connect("/members")
    sql("INSERT INTO pauses (what, sentence) VALUES ('rounds', 'Back at eight.')")
    try:
        told = {"code": "paused", "message": "Back at eight."}
        assert socket.ask("join_pool") == {"ok": False, "error": told}
    finally:
        sql("DELETE FROM pauses")
    assert socket.ask("join_pool") == {"ok": True, "waiting": 1}


@pytest.mark.fault("S8")
def test_a_process_that_is_killed_leaves_no_ghost_in_the_pool(
    visitor: VisitorFactory, beside: Beside
) -> None:
    watcher = visitor().sign_in("ben").connect("/members")
    assert watcher.ask("get_pool_count") == {"ok": True, "waiting": 0}
    ghost = beside.visit(_rich(visitor, "ghost")).connect("/members")
    assert ghost.ask("join_pool") == {"ok": True, "waiting": 1}
    assert watcher.hear("pool_count") == {"waiting": 1}
    # Longer than a place lasts without its socket.
    _pass(8)
    assert watcher.ask("get_pool_count") == {"ok": True, "waiting": 1}
    beside.kill()
    killed = time.monotonic()
    assert watcher.hear("pool_count") == {"waiting": 0}
    assert time.monotonic() - killed < GONE_WITHIN_SECONDS


def test_a_place_that_lapsed_while_its_process_slept_comes_back_with_it(
    visitor: VisitorFactory, beside: Beside
) -> None:
    watcher = visitor().sign_in("ben").connect("/members")
    watcher.ask("get_pool_count")
    waiting = beside.visit(_rich(visitor, "asleep")).connect("/members")
    waiting.ask("join_pool")
    assert watcher.hear("pool_count") == {"waiting": 1}
    with stopped(beside.process):
        assert watcher.hear("pool_count") == {"waiting": 0}
    assert watcher.hear("pool_count") == {"waiting": 1}
    assert waiting.ask("leave_pool") == {"ok": True, "waiting": 0}


def test_who_left_in_one_tab_has_left_in_all_of_them(
    visitor: VisitorFactory, beside: Beside
) -> None:
    ada = _rich(visitor, "tabs2")
    here, there = ada.connect("/members"), beside.visit(ada).connect("/members")
    for tab in (here, there):
        assert tab.ask("join_pool") == {"ok": True, "waiting": 1}
    assert here.ask("leave_pool") == {"ok": True, "waiting": 0}
    # The other process renews what it keeps more often than that.
    _pass(3)
    assert there.ask("get_pool_count") == {"ok": True, "waiting": 0}


def _rich(visitor: VisitorFactory, name: str) -> Visitor:
    return visitor().sign_in(f"{name}@example.com").funded()


def _pass(seconds: float) -> None:
    """Lets time pass where nothing is to happen in it."""
    time.sleep(seconds)
