"""Somebody looks after their account, and only after theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from potluck.accounts import devices, sessions
from potluck.database import db
from potluck.settings import Settings
from tests.accounts.visits import is_signed_in, made, set_out, sign_in
from tests.conftest import SignInAs
from tests.people import Browser

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


def page(browser: Browser) -> str:
    answer = browser.get("/account")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def names() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM users ORDER BY id")))


def session_ids(user_id: int) -> list[int]:
    query = text("SELECT id FROM sessions WHERE user_id = :id ORDER BY id")
    with db.engine.connect() as connection:
        return list(connection.scalars(query, {"id": user_id}))


def rename(browser: Browser, name: str, **headers: str) -> Any:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page(browser))
    assert found
    form = {"csrf_token": found[1], "name": name}
    return browser.post("/account/name", data=form, headers=headers)


def test_the_page_says_who_one_is_and_where(client: Browser, sign_in_as: SignInAs) -> None:
    client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    sign_in_as(client, "Ada")
    html = page(client)
    assert 'value="Ada"' in html
    assert "ada@example.com" in html
    assert "this one" in html
    assert "Sign out everywhere else" not in html


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada  Lovelace ", "Ada Lovelace"),
        ("\u202eadA\u2066 \x00\x07B", "adA B"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("Ада 🍲", "Ада 🍲"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_changed_without_what_would_turn_the_page(
    client: Browser, sign_in_as: SignInAs, typed: str, kept: str
) -> None:
    sign_in_as(client, "Ada")
    answer = rename(client, typed)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert names() == [kept]
    assert "<b>Ada</b>" not in page(client)


@pytest.mark.parametrize("typed", ["", "   ", "\u202e\u200b", "x" * 81, "x" * 50_000])
def test_a_name_that_is_none_is_refused_in_words(
    client: Browser, sign_in_as: SignInAs, typed: str
) -> None:
    sign_in_as(client, "Ada")
    answer = rename(client, typed)
    assert answer.status_code == 422
    assert "between 1 and 80 characters" in answer.get_data(as_text=True)
    refusal = rename(client, typed, Accept="application/json")
    assert refusal.get_json()["error"]["code"] == "bad_name"
    assert names() == ["Ada"]


def test_revoking_a_session_ends_exactly_that_one(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    laptop, phone, tablet = browser(), browser(), browser()
    for each in (laptop, phone, tablet):
        ada = sign_in_as(each, "Ada")
    on_laptop, on_phone, on_tablet = session_ids(ada.id)
    answer = laptop.submit(f"/account/sessions/{on_phone}/revocation", page="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert session_ids(ada.id) == [on_laptop, on_tablet]
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)
    assert is_signed_in(tablet)


def test_revoking_all_others_leaves_this_one_and_other_people(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    laptop, phone, tablet, bens = browser(), browser(), browser(), browser()
    sign_in_as(bens, "Ben")
    for each in (laptop, phone, tablet):
        sign_in_as(each, "Ada")
    assert "Sign out everywhere else" in page(laptop)
    assert laptop.submit("/account/sessions/revocations", page="/account").status_code == 303
    assert [is_signed_in(each) for each in (laptop, phone, tablet, bens)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_stranger_can_neither_see_nor_revoke_a_session(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    adas, mallorys = browser(), browser()
    ada = sign_in_as(adas, "Ada")
    sign_in_as(mallorys, "Mallory")
    (session_id,) = session_ids(ada.id)
    path = f"/account/sessions/{session_id}/revocation"
    assert path not in page(mallorys)
    assert mallorys.submit(path, page="/account").status_code == 404
    assert is_signed_in(adas)


def test_a_session_that_is_over_is_not_listed(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    laptop, phone = browser(), browser()
    for each in (laptop, phone):
        ada = sign_in_as(each, "Ada")
    on_phone = session_ids(ada.id)[1]
    with db.engine.begin() as connection:
        query = "UPDATE sessions SET expires_at = now() WHERE id = :id"
        connection.execute(text(query), {"id": on_phone})
    assert f"/account/sessions/{on_phone}/" not in page(laptop)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari on an iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/142.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like "
                "Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
            ),
            "Edge on macOS",
        ),
        ("curl/8.14.1", "curl"),
        ("<script>", "An unknown browser"),
        (None, "An unknown browser"),
    ],
)
def test_a_device_is_named_in_words(user_agent: str | None, words: str) -> None:
    assert devices.describe(user_agent) == words


@pytest.mark.fault("A3")
def test_a_token_from_before_sign_in_is_worthless_after_it(
    provider: str, settings: Settings, browser: Callable[[], Browser]
) -> None:
    """Who planted it in somebody's browser would be signed in with them."""
    victim, thief = browser(), browser()
    set_out(victim)
    planted = victim.get_cookie(sessions.cookie_name(settings))
    assert planted
    sign_in(victim)
    thief.set_cookie(sessions.cookie_name(settings), planted.value)
    assert is_signed_in(victim)
    assert not is_signed_in(thief)
    assert made()["sessions"] == 1
