"""From the pool into a room, one stream for both, one bill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.visitors import Socket, Visitor

VisitorFactory = Callable[[], Visitor]


pytestmark = pytest.mark.usefixtures("nobody_waits")


def test_the_pool_costs_the_credits_for_one_round(visitor: VisitorFactory) -> None:
    socket = visitor().sign_in("poor@example.com").connect("/members")
    answer = socket.ask("join_pool")
    assert answer["error"]["code"] == "insufficient_credits"
    assert "can cost" in answer["error"]["message"]


def test_waiting_is_counted_once_a_person_and_ends_with_leaving(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada").funded()
    first, second = ada.connect("/members"), ada.connect("/members")
    assert first.ask("join_pool") == {"ok": True, "waiting": 1}
    assert second.ask("join_pool") == {"ok": True, "waiting": 1}
    assert second.ask("leave_pool") == {"ok": True, "waiting": 0}


def test_who_goes_without_a_word_loses_the_place_and_the_others_hear_of_it(
    visitor: VisitorFactory,
) -> None:
    watcher = visitor().sign_in("ben").connect("/members")
    assert watcher.ask("get_pool_count") == {"ok": True, "waiting": 0}
    waiting = visitor().sign_in("ada").funded().connect("/members")
    waiting.ask("join_pool")
    _hear_waiting(watcher, 1)
    waiting.close()
    _hear_waiting(watcher, 0)


def test_two_who_wait_are_led_to_one_room(visitor: VisitorFactory) -> None:
    ada, ben = visitor().sign_in("ada").funded(), visitor().sign_in("ben").buy()
    at_ada, at_ben = ada.connect("/members"), ben.connect("/members")
    at_ada.ask("join_pool")
    at_ben.ask("join_pool")
    code = at_ada.hear("matched")["code"]
    assert at_ben.hear("matched")["code"] == code
    assert ada.get("/pool").url.endswith(f"/rooms/{code}")
    assert "Ben Castillo" in ada.get(f"/rooms/{code}").text
    assert at_ada.ask("join_pool")["error"]["code"] == "already_in_room"


def test_both_hear_the_same_text_and_each_pays_a_share(visitor: VisitorFactory) -> None:
    people = [visitor().sign_in(name).funded() for name in ("ada", "ben")]
    before = [person.balance()["posted"] for person in people]
    sockets, code = _seated(people)
    for person in people:
        _add_line(person, code)
    texts = [_listen_to_the_end(socket) for socket in sockets]
    assert texts[0] == texts[1]
    state = sockets[0].ask("enter_room", {"code": code, "last_seq": 0})
    assert state["round"]["phase"] == "done"
    assert state["generation"]["text"] == texts[0]
    spent = [b - person.balance()["posted"] for b, person in zip(before, people, strict=True)]
    assert all(spent)
    assert abs(spent[0] - spent[1]) <= 1
    assert all(person.balance()["held"] == 0 for person in people)
    told = sockets[0].hear("credits")
    while told["held"] != 0:
        told = sockets[0].hear("credits")
    assert told["available"] == people[0].balance()["available"]


@pytest.mark.fault("M19")
def test_what_is_asked_again_after_a_reconnect_was_done_once(
    visitor: VisitorFactory, sql: Callable[..., list[Any]]
) -> None:
    ada = visitor().sign_in("ada").funded()
    for _ in range(2):
        socket = ada.connect("/members")
        assert socket.ask("join_pool") == {"ok": True, "waiting": 1}
        socket.close()
    ben = visitor().sign_in("ben").funded()
    people = [ada, ben]
    sockets, code = _seated(people)
    _add_line(ada, code)
    line = {"page": f"/rooms/{code}", "line": "A frog who sings.", "round": "1"}
    assert ben.submit(f"/rooms/{code}/contribution", **line).status_code == 200
    for socket in sockets:
        socket.close()
    back = ben.connect("/members")
    assert back.ask("enter_room", {"code": code, "last_seq": 0})["ok"]
    assert ben.submit(f"/rooms/{code}/contribution", **line).status_code == 409
    query = """
        SELECT count(DISTINCT generations.id), count(holds.id) FROM rooms
        JOIN rounds ON rounds.room_id = rooms.id JOIN generations ON round_id = rounds.id
        JOIN holds ON generation_id = generations.id WHERE code = %s
    """
    assert sql(query, code) == [(1, 2)]


def test_somebody_who_comes_late_gets_the_whole_text(visitor: VisitorFactory) -> None:
    people = [visitor().sign_in(name).funded() for name in ("ada", "ben")]
    sockets, code = _seated(people)
    for person in people:
        _add_line(person, code)
    sockets[1].hear("delta")
    late = people[0].connect("/members")
    state = late.ask("enter_room", {"code": code, "last_seq": 0})
    text, seq = state["generation"]["text"], state["generation"]["seq"]
    while (delta := _next(late))["event"] == "delta":
        if delta["seq"] > seq:
            assert delta["seq"] == seq + 1
            text, seq = text + delta["text"], delta["seq"]
    assert text == _listen_to_the_end(sockets[0])


def test_a_room_of_one_works(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada").funded()
    page = ada.submit("/rooms", page="/pool")
    code = page.url.rpartition("/")[2]
    socket = ada.connect("/members")
    assert socket.ask("enter_room", {"code": code})["ok"]
    _add_line(ada, code)
    assert "scripted model" in _listen_to_the_end(socket)
    assert "This round cost" in ada.get(f"/rooms/{code}").text


def test_strangers_cannot_listen_to_a_room(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada").funded()
    code = ada.submit("/rooms", page="/pool").url.rpartition("/")[2]
    mallory = visitor().sign_in("mallory2@example.com").connect("/members")
    assert mallory.ask("enter_room", {"code": code})["error"]["code"] == "no_such_room"


def _seated(people: list[Visitor]) -> tuple[list[Socket], str]:
    """Everybody in one room that came out of the pool, following it."""
    sockets = [person.connect("/members") for person in people]
    for socket in sockets:
        assert socket.ask("join_pool")["ok"]
    codes = {socket.hear("matched")["code"] for socket in sockets}
    assert len(codes) == 1
    code = codes.pop()
    for socket in sockets:
        assert socket.ask("enter_room", {"code": code, "last_seq": 0})["ok"]
    return sockets, code


def _hear_waiting(socket: Socket, expected: int) -> None:
    """Listens until so many wait. What one was told by an answer may be told again."""
    while socket.hear("pool_count") != {"waiting": expected}:
        pass


def _add_line(person: Visitor, code: str) -> None:
    path = f"/rooms/{code}"
    answer = person.submit(f"{path}/contribution", page=path, line="A frog who sings.")
    assert answer.status_code == 200


def _listen_to_the_end(socket: Socket) -> str:
    """Puts the deltas together until the round is over; each must follow the one before."""
    text, seq = "", 0
    while (heard := _next(socket))["event"] == "delta":
        assert heard["seq"] == seq + 1
        text, seq = text + heard["text"], heard["seq"]
    return text


def _next(socket: Socket) -> dict[str, Any]:
    """The next delta, or the round's end."""
    while True:
        event, payload = socket.next_of("delta", "round")
        if event == "delta" or payload["phase"] not in {"collecting", "generating"}:
            return {"event": event, **payload}
