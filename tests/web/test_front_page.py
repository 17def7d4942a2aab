"""A server keeps the page that strangers see for a moment: it is the same for all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from flask import Flask
from pydantic import SecretStr
from werkzeug.test import create_environ, run_wsgi_app

from potluck import front_page
from potluck.database import db
from potluck.front_page import KEPT_SECONDS, FrontPage
from potluck.rooms import doors, rooms, rounds, window
from potluck.rooms.recipes import recipe
from potluck.settings import Settings
from sandbox.ports import free_port
from tests.conftest import SignInAs
from tests.people import Browser, make_user
from tests.web.installation import installed
from tests.web.statements import statements

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LONG_SECONDS = 3_600.0
LINE = "A frog behind an open door."


@pytest.fixture(autouse=True)
def kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: where time has to pass, a test lets it pass."""
    monkeypatch.setattr(front_page, "KEPT_SECONDS", LONG_SECONDS)


@pytest.fixture
def door(app: Flask, settings: Settings, client: Browser) -> Iterator[FrontPage]:
    """What stands in front of a server, in front of the app that browsers ask."""
    behind = app.wsgi_app
    door = FrontPage(behind, settings)
    app.wsgi_app = door  # type: ignore[method-assign]
    yield door
    app.wsgi_app = behind  # type: ignore[method-assign]


def test_two_strangers_read_one_page_under_names_of_their_own(
    door: FrontPage, client: Browser
) -> None:
    first = client.get("/")
    with statements() as asked:
        second = client.get("/")
    assert asked == []
    assert second.data == first.data
    assert "Sign in and play" in second.text
    ids = [each.headers.getlist("X-Request-Id") for each in (first, second)]
    assert [len(each) for each in ids] == [1, 1]
    assert ids[0] != ids[1]
    named = client.get("/", headers={"X-Request-Id": "0123456789abcdef"})
    assert named.headers["X-Request-Id"] == "0123456789abcdef"


def test_what_is_kept_says_in_its_headers_what_the_app_says(
    door: FrontPage, client: Browser
) -> None:
    headers = {"X-Request-Id": "0123456789abcdef"}
    first, second = (client.get("/", headers=headers) for _ in range(2))
    assert "Content-Security-Policy" in first.headers
    assert sorted(second.headers) == sorted(first.headers)


def test_each_reads_their_own_language(door: FrontPage, client: Browser) -> None:
    for _ in range(2):
        german = client.get("/", headers={"Accept-Language": "de-AT"})
        assert '<html lang="de">' in german.text
        assert '<html lang="en">' in client.get("/").text
    client.set_cookie("language", "de")
    assert '<html lang="de">' in client.get("/").text


def test_a_member_comes_home_whatever_is_kept_for_strangers(
    door: FrontPage, client: Browser, sign_in_as: SignInAs
) -> None:
    client.get("/")
    sign_in_as(client, "Zora")
    assert "Hello, <bdi>Zora</bdi>" in client.get("/").text
    client.delete_cookie("potluck")
    assert "Zora" not in client.get("/").text


def test_what_else_is_asked_for_goes_on_to_the_app(door: FrontPage, client: Browser) -> None:
    client.get("/")
    assert 'value="/?from=afar"' in client.get("/?from=afar").text
    assert client.head("/").data == b""
    assert client.post("/").status_code == 405
    assert client.get("/", base_url="http://127.0.0.1:8000").status_code == 307


def test_a_room_that_opens_shows_once_the_page_has_been_kept_for_its_time(
    door: FrontPage, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LINE not in client.get("/").text
    _open_room()
    let_time_pass(door, monkeypatch)
    assert LINE in client.get("/").text


def test_a_page_and_what_it_was_made_from_are_less_than_a_second_old_together() -> None:
    assert KEPT_SECONDS + window.SEEN_SECONDS <= 1


def test_what_is_for_one_alone_is_kept_for_nobody(settings: Settings) -> None:
    door = FrontPage(_app_that_sets_a_cookie(), settings)
    assert [_ask(door), _ask(door)] == [b"1", b"2"]


def test_of_a_crowd_one_has_it_made_and_all_have_it(settings: Settings) -> None:
    made: list[threading.Thread] = []

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        other = threading.Thread(target=lambda: answers.append(_ask(door)))
        made.append(other)
        if len(made) == 1:
            # Comes while it is made, and would have it made once more.
            other.start()
            other.join(0.1)
        start_response("200 OK", [])
        return [str(len(made)).encode()]

    answers: list[bytes] = []
    door = FrontPage(cast("Any", app), settings)
    answers.append(_ask(door))
    made[0].join()
    assert answers == [b"1", b"1"]


def test_without_a_database_nothing_is_kept(app: Flask, settings: Settings) -> None:
    url = f"postgresql://somebody:s3cret@127.0.0.1:{free_port('127.0.0.1', 0)}/potluck"
    without = settings.model_copy(update={"database_url": SecretStr(url)})
    with installed(without) as gone:
        door = FrontPage(gone.wsgi_app, without)
        gone.wsgi_app = door  # type: ignore[method-assign]
        browser = gone.test_client()
        assert [browser.get("/").status_code for _ in range(2)] == [503, 503]


def let_time_pass(door: FrontPage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as a page is kept, and what it was made from."""
    monkeypatch.setattr(window, "_seen_at", float("-inf"))
    for language, kept in door._kept.items():
        door._kept[language] = kept._replace(asked_at=kept.asked_at - LONG_SECONDS)


def _open_room() -> None:
    ada, ben = (make_user(name, credits=1_000).id for name in ("Ada", "Ben"))
    room = rooms.create_room([ada, ben])
    doors.open_doors(room)
    rounds.open_round(room, recipe("story"))
    rounds.contribute(room, user_id=ada, line=LINE, is_for_strangers=True)
    db.session.commit()


def _app_that_sets_a_cookie() -> Any:
    asked: list[str] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        start_response("200 OK", [("Set-Cookie", f"number={len(asked)}")])
        return [str(len(asked)).encode()]

    return app


def _ask(door: FrontPage) -> bytes:
    said, _status, _headers = run_wsgi_app(door, create_environ("/"), buffered=True)
    return b"".join(said)
