"""What a browser keeps of somebody, and what the database does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from potluck.accounts import sessions
from potluck.credits import ledger
from potluck.database import db
from potluck.settings import Settings
from tests.accounts.visits import choose, is_signed_in, made, set_out, sign_in
from tests.conftest import SignInAs
from tests.patience import until
from tests.people import Browser
from tests.web.installation import installed
from tests.web.statements import statements


def rows(query: str) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(query)))


def execute(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def last_seen() -> Any:
    ((moment,),) = rows("SELECT last_seen_at FROM sessions")
    return moment


def attributes(set_cookie: str) -> set[str]:
    """All of a Set-Cookie line but the token and how long it lasts."""
    parts = {part.strip() for part in set_cookie.split(";")[1:]}
    return {part for part in parts if not part.startswith(("Expires=", "Max-Age="))}


def test_no_script_and_no_other_site_gets_at_the_cookie(provider: str, client: Browser) -> None:
    (cookie,) = sign_in(client).headers.getlist("Set-Cookie")
    assert cookie.startswith("potluck=")
    assert attributes(cookie) == {"HttpOnly", "SameSite=Lax", "Path=/"}
    assert "Max-Age=2592000" in cookie, "it lasts as long as the row"


def test_over_tls_no_neighbour_can_plant_the_cookie(
    provider: str, app: Flask, settings: Settings, database: None
) -> None:
    public_url = "https://potluck.example"
    given = app.extensions["settings"].model_copy(update={"public_url": public_url})
    with installed(given) as public:
        browser = public.test_client()
        assert isinstance(browser, Browser)
        callback = choose(set_out(browser, base_url=public_url), sub="ada")
        assert callback.startswith(f"{public_url}/")
        (cookie,) = browser.get(callback).headers.getlist("Set-Cookie")
        assert cookie.startswith("__Host-potluck=")
        assert attributes(cookie) == {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"}
        page = browser.get("/", base_url=public_url)
        assert "Hello, <bdi>Ada Okafor</bdi>" in page.get_data(as_text=True)


def test_a_copy_of_the_table_lets_nobody_in(
    provider: str, settings: Settings, client: Browser, browser: Callable[[], Browser]
) -> None:
    sign_in(client)
    cookie = client.get_cookie(sessions.cookie_name(settings))
    assert cookie
    ((digest, row),) = rows("SELECT token_digest, sessions::text FROM sessions")
    assert digest == hashlib.sha256(cookie.value.encode()).digest()
    assert cookie.value not in row
    thief = browser()
    thief.set_cookie(sessions.cookie_name(settings), digest.hex())
    assert not is_signed_in(thief)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/credits/badge", "/nowhere"])
def test_a_passer_by_leaves_nothing_behind(client: Browser, path: str) -> None:
    answer = client.get(path)
    assert "Set-Cookie" not in answer.headers
    assert rows("SELECT id FROM sessions") == []


@pytest.mark.parametrize("token", ["x", "x" * 64, "x" * 65, "x" * 4_000, "é", "a;b", '"'])
def test_a_token_that_nobody_gave_out_is_nobody(
    client: Browser, settings: Settings, token: str
) -> None:
    client.set_cookie(sessions.cookie_name(settings), token)
    assert not is_signed_in(client)
    assert client.get("/").status_code == 200


def test_a_session_ends_by_itself(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada")
    assert is_signed_in(client)
    execute("UPDATE sessions SET expires_at = now()")
    assert not is_signed_in(client)
    assert client.get("/credits").location == "/sign-in?next=/credits"


def test_a_banned_person_is_signed_out_everywhere(client: Browser, sign_in_as: SignInAs) -> None:
    sign_in_as(client, "Ada")
    execute("UPDATE users SET banned_at = now()")
    assert not is_signed_in(client)
    assert "Hello" not in client.get("/").get_data(as_text=True)
    assert client.get("/rooms").location == "/sign-in?next=/rooms"


def test_being_here_is_written_down_once_a_minute_at_most(
    client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Ada")
    client.get("/credits/badge")
    first = last_seen()
    client.get("/credits/badge")
    assert last_seen() == first
    execute("UPDATE sessions SET last_seen_at = last_seen_at - interval '59 seconds'")
    earlier = last_seen()
    client.get("/credits/badge")
    assert last_seen() == earlier
    execute("UPDATE sessions SET last_seen_at = last_seen_at - interval '2 seconds'")
    client.get("/credits/badge")
    until(lambda: last_seen() > first)


@pytest.mark.parametrize("path", ["/static/css/base.css", "/healthz"])
def test_what_is_the_same_for_everybody_asks_the_database_nothing(
    client: Browser, sign_in_as: SignInAs, path: str
) -> None:
    sign_in_as(client, "Ada")
    with statements() as asked, client.get(path) as answer:
        assert answer.status_code == 200
    assert asked == []
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_who_somebody_is_and_what_they_have_is_one_question(
    client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Ada", credits=1_234)
    with statements() as asked:
        page = client.get("/credits/badge").get_data(as_text=True)
    assert "1,234" in page
    assert len(asked) == 1, asked


def test_what_changed_since_is_seen_by_the_next_request(
    client: Browser, sign_in_as: SignInAs
) -> None:
    user_id = sign_in_as(client, "Ada", credits=5).id
    assert client.get("/credits/balance").get_json()["available"] == 5
    ledger.grant(user_id=user_id, amount_credits=6, key="more", reason="More")
    db.session.commit()
    assert client.get("/credits/balance").get_json()["available"] == 11


def test_two_browsers_are_two_sessions(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    clients: list[FlaskClient] = [browser(), browser()]
    for client in clients:
        sign_in_as(client, "Ada")
    first, second = clients
    assert isinstance(first, Browser)
    first.submit("/sign-out")
    assert second.get("/credits/balance").status_code == 200
    assert made()["sessions"] == 1


@pytest.mark.parametrize("agent", ["x" * 5_000, "é\x80", "a\x00b"])
def test_a_strange_browser_is_let_in(provider: str, client: Browser, agent: str) -> None:
    client.environ_base["HTTP_USER_AGENT"] = agent
    assert sign_in(client).status_code == 303


def test_sessions_that_are_over_are_forgotten_and_others_kept(
    client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Ada")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE sessions SET expires_at = now() - interval '2 hours'"))
    sign_in_as(client, "Ben")
    sessions.delete_expired()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 1


@pytest.mark.parametrize(("method", "is_there"), [("GET", True), ("HEAD", True), ("POST", False)])
def test_what_comes_with_the_session_is_for_those_who_read(
    app: Flask,
    settings: Settings,
    client: Browser,
    sign_in_as: SignInAs,
    *,
    method: str,
    is_there: bool,
) -> None:
    sign_in_as(client, "Ada")
    cookie = client.get_cookie(sessions.cookie_name(settings))
    assert cookie
    headers = {"Cookie": f"{cookie.key}={cookie.value}"}
    with app.test_request_context("/", method=method, headers=headers):
        brought = sessions.brought()
    assert (brought is not None) == is_there
    assert brought is None or brought["vouched_emails"] == ["ada@example.com"]


def test_a_stranger_brings_nothing(app: Flask, database: None) -> None:
    with app.test_request_context("/"):
        assert sessions.brought() is None
    assert sessions.brought() is None
