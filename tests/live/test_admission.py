"""The session row lets a socket in, and nothing else does; without the row it is out."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as NotConnected

from tests.visitors import Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]


def test_anybody_may_ask_how_many_are_connected(visitor: VisitorFactory) -> None:
    socket = visitor().connect("/")
    answer = socket.ask("get_connection_count", namespace="/")
    assert answer["ok"]
    assert answer["connections"] >= answer["people"] >= 1


def test_the_count_is_pushed_when_somebody_comes_and_goes(visitor: VisitorFactory) -> None:
    watcher = visitor().connect("/")
    before = watcher.ask("get_connection_count", namespace="/")["connections"]
    other = visitor().connect("/")
    _hear_count(watcher, before + 1)
    other.close()
    _hear_count(watcher, before)


def test_a_count_that_dips_between_two_pushes_is_told_to_who_saw_the_dip(
    visitor: VisitorFactory,
) -> None:
    leaving = [visitor().connect("/"), visitor().connect("/")]
    full = leaving[1].ask("get_connection_count", namespace="/")["connections"]
    _hear_count(leaving[0], full)
    for socket in leaving:
        socket.close()
    early = visitor().connect("/")
    told = early.ask("get_connection_count", namespace="/")["connections"]
    late = visitor().connect("/")
    truth = late.ask("get_connection_count", namespace="/")["connections"]
    if told != truth:
        _hear_count(early, truth)


def test_the_figures_count_those_who_are_connected(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    name = 'potluck_connections{namespace="/members"} '
    before = _figure(ada, name)
    sockets = [ada.connect("/members") for _ in range(3)]
    assert _figure(ada, name) == before + len(sockets)


def test_the_figures_count_what_was_told(visitor: VisitorFactory) -> None:
    name = 'potluck_pushes_total{event="connection_count"} '
    stranger = visitor()
    watcher = stranger.connect("/")
    before = watcher.ask("get_connection_count", namespace="/")["connections"]
    told = _figure(stranger, name)
    visitor().connect("/")
    _hear_count(watcher, before + 1)
    assert _figure(stranger, name) > told


def test_a_crowd_costs_two_pushes_a_second_at_most(visitor: VisitorFactory) -> None:
    watcher = visitor().connect("/")
    before = watcher.ask("get_connection_count", namespace="/")["connections"]
    began = time.monotonic()
    for _ in range(20):
        visitor().connect("/")
    pushes = _hear_count(watcher, before + 20)
    seconds = time.monotonic() - began
    assert pushes <= seconds * 2 + 2


def test_two_tabs_of_a_member_are_one_person(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    first, second = ada.connect("/"), ada.connect("/")
    second.ask("get_connection_count", namespace="/")
    answer = first.ask("get_connection_count", namespace="/")
    assert answer["connections"] - answer["people"] >= 1


def test_strangers_are_refused_as_signed_out(visitor: VisitorFactory) -> None:
    assert visitor().refusal("/members") == {"code": "signed_out"}


def test_a_session_cookie_lets_in(visitor: VisitorFactory) -> None:
    socket = visitor().sign_in("ada").connect("/members")
    assert socket.ask("get_pool_count")["ok"]


def test_a_made_up_cookie_does_not(visitor: VisitorFactory) -> None:
    mallory = visitor()
    mallory.http.cookies.set("potluck", "A" * 43)
    assert mallory.refusal("/members") == {"code": "session_expired"}


def test_what_the_client_says_of_itself_is_ignored(visitor: VisitorFactory, sql: Sql) -> None:
    ada = visitor().sign_in("ada")
    ben = visitor().sign_in("ben")
    ((ben_id,),) = sql("SELECT user_id FROM sessions WHERE token_digest = %s", _digest(ben.token))
    socket = ada.connect("/members")
    answer = socket.ask("get_pool_count", {"user_id": ben_id})
    assert answer["error"]["code"] == "bad_payload"


@pytest.mark.fault("S5")
def test_a_page_of_another_site_opens_no_socket(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    with pytest.raises(NotConnected):
        ada.connect("/members", origin="https://elsewhere.example")


@pytest.mark.fault("S5")
def test_a_cookie_without_an_origin_is_nobodys(visitor: VisitorFactory) -> None:
    assert visitor().sign_in("ada").refusal("/members", origin="")["code"] == "signed_out"


@pytest.mark.fault("S1")
def test_a_row_deleted_by_hand_closes_that_browser_within_a_second_and_no_other(
    visitor: VisitorFactory, sql: Sql
) -> None:
    laptop, phone = visitor().sign_in("ada"), visitor().sign_in("ada")
    on_laptop, on_phone = laptop.connect("/members"), phone.connect("/members")
    assert on_laptop.ask("get_pool_count")["ok"]
    assert on_phone.ask("get_pool_count")["ok"]
    began = time.monotonic()
    sql("DELETE FROM sessions WHERE token_digest = %s", _digest(phone.token))
    assert on_phone.hear("session_ended") == {"reason": "signed_out"}
    on_phone.ended.get(timeout=5)
    assert time.monotonic() - began < 1
    assert on_laptop.ask("get_pool_count")["ok"]
    assert phone.get("/credits/balance").status_code == 401
    assert phone.refusal("/members") == {"code": "session_expired"}


@pytest.mark.fault("S1")
def test_a_revoked_socket_hears_nothing_more(visitor: VisitorFactory, sql: Sql) -> None:
    laptop, phone = visitor().sign_in("ada"), visitor().sign_in("ada")
    on_laptop, on_phone = laptop.connect("/members"), phone.connect("/members")
    ((ada_id,),) = sql(
        "DELETE FROM sessions WHERE token_digest = %s RETURNING user_id", _digest(phone.token)
    )
    news = json.dumps({"kind": "credits", "user_id": ada_id})
    sql("SELECT pg_notify('announcements', %s)", news)
    assert on_laptop.hear("credits")["available"] >= 0
    on_phone.ended.get(timeout=5)
    assert [event for event, _ in on_phone.heard] == ["session_ended"]


@pytest.mark.fault("S1")
def test_a_row_that_went_without_a_word_is_found_within_five_seconds(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada = visitor().sign_in("ada")
    socket = ada.connect("/members")
    assert socket.ask("get_pool_count")["ok"]
    sql("SET session_replication_role = replica")
    sql("DELETE FROM sessions WHERE token_digest = %s", _digest(ada.token))
    began = time.monotonic()
    assert socket.hear("session_ended") == {"reason": "signed_out"}
    socket.ended.get(timeout=5)
    assert time.monotonic() - began < 5


@pytest.mark.fault("S1")
def test_signing_out_closes_every_tab_of_that_browser(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    tabs = [ada.connect("/members"), ada.connect("/members")]
    for tab in tabs:
        assert tab.ask("get_pool_count")["ok"]
    ada.submit("/sign-out", page="/credits")
    for tab in tabs:
        assert tab.hear("session_ended") == {"reason": "signed_out"}
        tab.ended.get(timeout=5)


@pytest.mark.fault("S2")
def test_a_session_ends_when_it_said_it_would(visitor: VisitorFactory, sql: Sql) -> None:
    ada = visitor().sign_in("ada")
    sql(
        "UPDATE sessions SET expires_at = now() + interval '2 s' WHERE token_digest = %s",
        _digest(ada.token),
    )
    socket = ada.connect("/members")
    assert socket.ask("get_pool_count")["ok"]
    assert socket.hear("session_ended") == {"reason": "session_expired"}
    socket.ended.get(timeout=5)


@pytest.mark.fault("S1")
def test_somebody_who_is_banned_is_out_and_stays_out(visitor: VisitorFactory, sql: Sql) -> None:
    mallory = visitor().sign_in("mallory@example.com")
    socket = mallory.connect("/members")
    assert socket.ask("get_pool_count")["ok"]
    sql(
        "UPDATE users SET banned_at = now() FROM sessions"
        " WHERE sessions.user_id = users.id AND token_digest = %s",
        _digest(mallory.token),
    )
    assert socket.hear("session_ended") == {"reason": "banned"}
    assert mallory.refusal("/members") == {"code": "banned"}


@pytest.mark.parametrize("payload", [[], "x", 7, {"a": {"b": []}}, {"code": 1, "last_seq": "x"}])
def test_a_payload_of_another_shape_is_refused_with_a_code(
    visitor: VisitorFactory, payload: object
) -> None:
    socket = visitor().sign_in("ada").connect("/members")
    answer = socket.ask("enter_room", payload)
    assert (answer["ok"], answer["error"]["code"]) == (False, "bad_payload")
    assert socket.ask("no_such_event")["error"]["code"] == "unknown_event"
    assert socket.ask("get_pool_count")["ok"]


def _hear_count(socket: Any, expected: int) -> int:
    """Listens until the count is told; how many pushes that took."""
    pushes = 1
    while socket.hear("connection_count")["connections"] != expected:
        pushes += 1
    return pushes


def _figure(visitor: Visitor, name: str) -> float:
    lines = visitor.get("/metrics").text.splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
