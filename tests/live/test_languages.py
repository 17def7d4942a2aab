"""Each client is told what it is told in its own language, also where others read another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.visitors import Socket, Visitor

VisitorFactory = Callable[[], Visitor]
Sql = Callable[..., list[Any]]

pytestmark = pytest.mark.usefixtures("nobody_waits")


def test_what_is_refused_is_said_in_the_clients_language(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada")
    english = ada.connect("/members")
    german = ada.reading("de-AT,de;q=0.9,en;q=0.5").connect("/members")
    assert _refused(english, "no_such") == "There is no such event here."
    assert _refused(german, "no_such") == "So ein Ereignis gibt es hier nicht."
    assert _refused(english, "enter_room", 7).startswith("Something is wrong with the payload")
    assert _refused(german, "enter_room", 7).startswith("Mit dem Inhalt stimmt etwas nicht")
    assert _refused(german, "enter_room", {"code": "nowhere9"}).startswith("Mit diesem Code")


def test_the_language_that_was_chosen_goes_before_the_browsers(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada").reading("en")
    ada.http.cookies.set("language", "de")
    socket = ada.connect("/members")
    assert _refused(socket, "no_such") == "So ein Ereignis gibt es hier nicht."


def test_a_page_says_itself_in_which_language_it_is(visitor: VisitorFactory) -> None:
    ada = visitor().sign_in("ada").reading("en")
    german = ada.connect("/members", auth={"language": "de"})
    assert _refused(german, "no_such") == "So ein Ereignis gibt es hier nicht."
    for said in ("tlh", 7, ["de"], None):
        english = ada.connect("/members", auth={"language": said})
        assert _refused(english, "no_such") == "There is no such event here."


def test_one_member_is_told_a_notice_in_the_language_of_each_tab(
    visitor: VisitorFactory, sql: Sql
) -> None:
    ada, ben = (visitor().sign_in(f"tabs-{name}").funded() for name in ("ada", "ben"))
    english = ada.connect("/members")
    german = ada.reading("de").connect("/members")
    for socket in (english, ben.connect("/members")):
        assert socket.ask("join_pool")["ok"]
    sql(
        "UPDATE accounts SET held = posted FROM pool_entries"
        " WHERE accounts.user_id = pool_entries.user_id AND pool_entries.user_id ="
        " (SELECT user_id FROM pool_entries ORDER BY joined_at LIMIT 1)"
    )
    assert english.hear("notice")["message"].startswith("You lost your place in the pool")
    assert german.hear("notice")["message"].startswith("Du hast deinen Platz im Pool verloren")


def test_a_room_sees_its_round_in_the_language_of_each(visitor: VisitorFactory) -> None:
    ada, ben = visitor().sign_in("ada").funded(), visitor().reading("de").sign_in("ben").funded()
    code = ada.submit("/rooms", page="/pool").url.rpartition("/")[2]
    ben.submit(f"/rooms/{code}/join", page=f"/rooms/{code}")
    sockets = [person.connect("/members") for person in (ada, ben)]
    for socket in sockets:
        assert socket.ask("enter_room", {"code": code})["ok"]
    path = f"/rooms/{code}"
    ada.submit(f"{path}/contribution", page=path, line="A frog.")
    english, german = (socket.hear("round")["html"] for socket in sockets)
    assert "A story" in english
    assert "Eine Geschichte" in german
    assert "A story" not in german
    assert "A frog." in english
    assert "A frog." in german


def _refused(socket: Socket, event: str, payload: object = None) -> str:
    message: str = socket.ask(event, payload)["error"]["message"]
    return message
