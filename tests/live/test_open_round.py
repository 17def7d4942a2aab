"""Strangers see a round of an open room while it is written, and nothing of any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.visitors import Socket, Visitor

VisitorFactory = Callable[[], Visitor]
LINE = "A ferry that forgets its harbour."


@pytest.fixture
def host(visitor: VisitorFactory) -> Visitor:
    """Somebody with credits."""
    return visitor().sign_in("ada").funded()


@pytest.fixture
def stranger(visitor: VisitorFactory, sql: Callable[..., list[Any]]) -> Socket:
    """At the window, where there is nothing to see."""
    sql("UPDATE rooms SET doors_opened_at = NULL WHERE doors_opened_at IS NOT NULL")
    watching = visitor().connect("/")
    while watching.ask("watch_open_round", namespace="/")["round"] is not None:
        watching.hear("open_round")
    return watching


def open_room(host: Visitor, *, seats: int = 8, doors: bool = True) -> str:
    page = host.submit("/rooms", page="/pool").url
    path = "/" + page.partition("://")[2].partition("/")[2]
    if doors:
        assert host.submit(f"{path}/doors", page=path, doors="open").status_code == 200
    return path


def test_strangers_see_every_word_and_no_name(host: Visitor, stranger: Socket) -> None:
    path = open_room(host)
    host.submit(f"{path}/contribution", page=path, line=LINE, public="yes")
    seen = followed(stranger)
    assert seen["phase"] == "done"
    assert [line["text"] for line in seen["lines"]] == [LINE]
    assert "Ada" not in str({**seen, "text": "", "html": ""})
    assert seen["cost_credits"] > 0
    assert seen["text"] in host.get(path).text or "<p>" in seen["html"]


def test_who_comes_late_sees_what_is_there_already(
    host: Visitor, stranger: Socket, visitor: VisitorFactory
) -> None:
    path = open_room(host)
    visitor().sign_in("ben").submit(f"{path}/join", page=path)
    host.submit(f"{path}/contribution", page=path, line=LINE, public="yes")
    told = stranger.hear("open_round")["round"]
    late = visitor().connect("/").ask("watch_open_round", namespace="/")["round"]
    assert late == told
    assert late["phase"] == "collecting"


def test_each_stranger_reads_in_their_language_what_is_made(
    host: Visitor, stranger: Socket, visitor: VisitorFactory
) -> None:
    german = visitor().reading("de").connect("/")
    german.ask("watch_open_round", namespace="/")
    path = open_room(host)
    visitor().sign_in("ben").submit(f"{path}/join", page=path)
    host.submit(f"{path}/contribution", page=path, line=LINE, public="yes")
    assert stranger.hear("open_round")["round"]["title"] == "A story"
    told = german.hear("open_round")["round"]
    assert told["title"] == "Eine Geschichte"
    assert german.ask("watch_open_round", namespace="/")["round"] == told
    assert "Eine Geschichte" in visitor().reading("de").get("/").text


def test_closed_doors_take_back_what_strangers_see(
    host: Visitor, stranger: Socket, visitor: VisitorFactory
) -> None:
    path = open_room(host)
    visitor().sign_in("ben").submit(f"{path}/join", page=path)
    host.submit(f"{path}/contribution", page=path, line=LINE, public="yes")
    assert stranger.hear("open_round")["round"]["lines"]
    host.submit(f"{path}/doors", page=path, doors="closed")
    assert stranger.hear("open_round") == {"round": None}
    assert LINE not in visitor().get("/").text


def test_nothing_is_seen_of_a_room_whose_doors_are_closed(
    host: Visitor, stranger: Socket, visitor: VisitorFactory
) -> None:
    path = open_room(host, doors=False)
    host.submit(f"{path}/contribution", page=path, line="Between us.")
    listener = host.connect("/members")
    code = path.rpartition("/")[2]
    while listener.ask("enter_room", {"code": code})["round"]["phase"] != "done":
        listener.hear("round")
    assert stranger.ask("watch_open_round", namespace="/") == {"ok": True, "round": None}
    assert [event for event, _ in stranger.heard if event.startswith("open_")] == []
    assert "Between us." not in visitor().get("/").text


def followed(stranger: Socket) -> dict[str, Any]:
    """What a client that adds each piece has in the end; none is missing, and none comes twice."""
    seen: dict[str, Any] = {}
    while seen.get("phase") != "done":
        event, told = stranger.next_of("open_round", "open_text")
        if event == "open_round":
            added = told["round"]["text"]
            assert not seen or added.startswith(seen["text"])
            seen = told["round"]
        else:
            assert (told["id"], told["piece"]) == (seen["id"], seen["piece"] + 1)
            seen = {**seen, "piece": told["piece"], "text": seen["text"] + told["text"]}
    return seen
