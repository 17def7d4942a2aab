"""People come in through a provider and find what is theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from potluck.accounts import sessions
from potluck.accounts.models import User
from potluck.credits.models import Transfer
from potluck.database import db
from potluck.settings import Settings
from tests.accounts.visits import (
    CALLBACK_PATH,
    NOBODY,
    ONE_PERSON,
    asked,
    choose,
    is_signed_in,
    made,
    set_out,
    sign_in,
)
from tests.people import Browser


def session_token(browser: Browser, settings: Settings) -> str:
    cookie = browser.get_cookie(sessions.cookie_name(settings))
    assert cookie
    return cookie.value


def welcome(app: Flask, *, credits: int) -> None:
    """Has the house greet whoever comes; `use_provider` puts the settings back."""
    before = app.extensions["settings"]
    app.extensions["settings"] = before.model_copy(update={"welcome_credits": credits})


def test_a_first_sign_in_makes_one_of_everything(provider: str, client: Browser) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/")
    assert made() == ONE_PERSON
    assert "Ada Okafor" in client.get("/").get_data(as_text=True)


def test_a_second_sign_in_finds_the_same_person(
    provider: str, browser: Callable[[], Browser]
) -> None:
    sign_in(browser())
    sign_in(browser())
    assert made() == ONE_PERSON | {"sessions": 2}


def test_everybody_at_the_provider_is_somebody_else_here(
    provider: str, browser: Callable[[], Browser]
) -> None:
    sign_in(browser(), "ada")
    sign_in(browser(), "ben")
    assert made() == {"users": 2, "identities": 2, "sessions": 2, "accounts": 2}


def test_nobody_is_given_credits_unless_the_house_says_so(provider: str, client: Browser) -> None:
    sign_in(client)
    assert client.get("/credits/balance").get_json()["posted"] == 0
    assert db.session.scalars(select(Transfer)).all() == []


def test_the_houses_welcome_is_given_once(
    provider: str, app: Flask, browser: Callable[[], Browser]
) -> None:
    welcome(app, credits=40)
    first, second = browser(), browser()
    sign_in(first)
    sign_in(second)
    assert second.get("/credits/balance").get_json()["posted"] == 40
    transfer = db.session.scalars(select(Transfer)).one()
    assert (transfer.kind, transfer.reference) == ("grant", "A welcome from the house")


def test_a_token_from_before_the_sign_in_is_worthless_after_it(
    provider: str, settings: Settings, browser: Callable[[], Browser]
) -> None:
    ada, thief = browser(), browser()
    authorize_url = set_out(ada)
    planted = session_token(ada, settings)
    ada.get(choose(authorize_url, sub="ada"))
    assert session_token(ada, settings) != planted
    thief.set_cookie(sessions.cookie_name(settings), planted)
    assert not is_signed_in(thief)
    with db.engine.connect() as connection:
        left = connection.scalar(text("SELECT count(*) FROM sessions"))
    assert left == 1, "the row from before is gone"


def test_a_token_that_somebody_made_up_is_not_taken_over(
    provider: str, settings: Settings, client: Browser
) -> None:
    client.set_cookie(sessions.cookie_name(settings), "chosen-by-an-attacker")
    sign_in(client)
    assert session_token(client, settings) != "chosen-by-an-attacker"


def test_the_sign_in_before_ends_when_somebody_signs_in_again(
    provider: str, settings: Settings, browser: Callable[[], Browser]
) -> None:
    shared, kept = browser(), browser()
    sign_in(shared, "ada")
    kept.set_cookie(sessions.cookie_name(settings), session_token(shared, settings))
    sign_in(shared, "ben")
    assert not is_signed_in(kept)


def test_the_provider_is_asked_with_proof_state_and_nonce(provider: str, client: Browser) -> None:
    first, second = asked(set_out(client)), asked(set_out(client))
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == f"http://localhost:8000{CALLBACK_PATH}"
    assert first["scope"] == "openid email profile"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]


def test_two_tabs_can_be_on_their_way_at_once(provider: str, client: Browser) -> None:
    first, _second = set_out(client), set_out(client)
    assert client.get(choose(first, sub="ada")).status_code == 303


def test_somebody_who_sets_out_forty_times_still_arrives(provider: str, client: Browser) -> None:
    for _ in range(40):
        authorize_url = set_out(client)
    assert client.get(choose(authorize_url, sub="ada")).status_code == 303


@pytest.mark.parametrize("path", ["/credits", "/rooms/abcdefgh", "/credits?from=mail#top"])
def test_people_come_back_to_where_they_were(provider: str, client: Browser, path: str) -> None:
    assert sign_in(client, destination=path).location == path


ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "//[",
    "evil.example",
    "/" + "x" * 300,
)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_people_are_never_led_elsewhere(provider: str, client: Browser, elsewhere: str) -> None:
    assert sign_in(client, destination=elsewhere).location == "/"
    again = client.get("/sign-in", query_string={"next": elsewhere})
    assert again.location == "/", "nor when they are signed in already"


def test_a_banned_person_is_not_let_in(provider: str, browser: Callable[[], Browser]) -> None:
    before, after = browser(), browser()
    sign_in(before)
    with db.engine.begin() as connection:
        connection.execute(update(User).values(banned_at=text("now()")))
    refused = sign_in(after)
    assert refused.status_code == 403
    assert 'data-error-code="banned"' in refused.get_data(as_text=True)
    assert not is_signed_in(after)
    assert not is_signed_in(before), "nor kept in"
    assert made()["sessions"] == 1


def test_signing_out_takes_the_row_and_the_cookie(
    provider: str, settings: Settings, client: Browser
) -> None:
    sign_in(client)
    answer = client.submit("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get_cookie(sessions.cookie_name(settings)) is None
    assert made() == ONE_PERSON | {"sessions": 0}


@pytest.mark.parametrize("path", ["/sign-in/nobody", "/sign-in/nobody/callback"])
def test_a_provider_that_nobody_set_up_is_not_there(client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404
    assert made() == NOBODY
