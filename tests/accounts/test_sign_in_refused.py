"""What can go wrong between the provider and us ends in words, with nobody half made."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests
from werkzeug.test import TestResponse

from sandbox.ports import free_port
from tests.accounts.liar import Liar
from tests.accounts.visits import (
    CALLBACK_PATH,
    NOBODY,
    ONE_PERSON,
    TIMEOUT_SECONDS,
    asked,
    choose,
    is_signed_in,
    made,
    set_out,
    sign_in,
)
from tests.people import Browser

REASSURANCE = "Nothing was made"


def assert_turned_away(answer: TestResponse, browser: Browser) -> None:
    """A page in words, signed out, and not a trace."""
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400, page
    assert REASSURANCE in page
    assert "Traceback" not in page
    assert not is_signed_in(browser)
    assert made() == NOBODY


def test_a_callback_out_of_the_blue_is_turned_away(provider: str, client: Browser) -> None:
    assert_turned_away(client.get(CALLBACK_PATH), client)
    assert_turned_away(client.get(f"{CALLBACK_PATH}?code=x&state=y"), client)


@pytest.mark.parametrize("state", ["", "&state=", "&state=made-up"])
def test_a_good_code_without_its_state_is_turned_away(
    provider: str, client: Browser, state: str
) -> None:
    code = asked(choose(set_out(client), sub="ada"))["code"]
    assert_turned_away(client.get(f"{CALLBACK_PATH}?code={quote(code)}{state}"), client)


def test_a_callback_in_another_browser_is_turned_away(
    provider: str, browser: Callable[[], Browser]
) -> None:
    """Otherwise an attacker could sign somebody in as themselves."""
    attacker, victim = browser(), browser()
    link = choose(set_out(attacker), sub="ben")
    set_out(victim)
    assert_turned_away(victim.get(link), victim)


def test_a_state_is_good_for_one_try(provider: str, client: Browser) -> None:
    callback = choose(set_out(client), sub="ada")
    state = asked(callback)["state"]
    assert_turned_away(client.get(f"{CALLBACK_PATH}?code=garbage&state={quote(state)}"), client)
    assert_turned_away(client.get(callback), client)


def test_a_callback_that_comes_twice_signs_in_once(provider: str, client: Browser) -> None:
    callback = choose(set_out(client), sub="ada")
    assert client.get(callback).status_code == 303
    assert client.get(callback).status_code == 400
    assert made() == ONE_PERSON


def test_whoever_says_no_at_the_provider_is_not_scolded(provider: str, client: Browser) -> None:
    answer = client.get(choose(set_out(client), action="deny"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "You said no to Sandbox" in page
    assert not is_signed_in(client)
    assert made() == NOBODY


def test_another_error_of_the_provider_is_a_failure(provider: str, client: Browser) -> None:
    answer = client.get(f"{CALLBACK_PATH}?error=<script>&error_description=<script>alert(1)")
    assert "<script>" not in answer.get_data(as_text=True)
    assert_turned_away(answer, client)


def test_a_code_that_the_provider_does_not_know_is_turned_away(
    provider: str, client: Browser
) -> None:
    state = asked(set_out(client))["state"]
    assert_turned_away(client.get(f"{CALLBACK_PATH}?code=garbage&state={state}"), client)


def test_a_provider_that_is_down_is_said_in_words(
    use_provider: Callable[[str], None], client: Browser
) -> None:
    use_provider(f"http://127.0.0.1:{free_port('127.0.0.1', 0)}")
    assert_turned_away(client.get("/sign-in/sandbox"), client)
    assert_turned_away(client.get(f"{CALLBACK_PATH}?code=x&state=y"), client)


def test_an_answer_of_another_issuer_is_turned_away(provider: str, client: Browser) -> None:
    callback = choose(set_out(client), sub="ada")
    assert_turned_away(client.get(f"{callback}&iss=https://evil.example"), client)


def test_an_answer_that_names_the_right_issuer_is_taken(provider: str, client: Browser) -> None:
    callback = choose(set_out(client), sub="ada")
    assert client.get(f"{callback}&iss={quote(provider)}").status_code == 303


def test_a_token_of_another_issuer_is_turned_away(liar: Liar, client: Browser) -> None:
    liar.changes["issuer"] = "https://evil.example"
    assert_turned_away(sign_in(client), client)


NONSENSE: tuple[object, ...] = (
    b"",
    b"<html>busy</html>",
    b"[]",
    b"null",
    b"7",
    {},
    {"error": "invalid_grant"},
    {"access_token": "a", "token_type": "Bearer"},
    {"access_token": "a", "token_type": "Bearer", "id_token": "b"},
    {"access_token": "a", "token_type": "Bearer", "id_token": 7},
    # {"alg": "none"} and a subject, with no signature.
    {
        "access_token": "a",
        "token_type": "Bearer",
        "id_token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
    },
)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
def test_a_provider_that_answers_nonsense_is_not_believed(
    liar: Liar, client: Browser, nonsense: object
) -> None:
    liar.answer_with(nonsense)
    assert_turned_away(sign_in(client), client)


@pytest.mark.parametrize("endpoint", [None, "", 7])
def test_a_provider_that_does_not_say_where_to_go_is_said_in_words(
    liar: Liar, client: Browser, endpoint: object
) -> None:
    liar.changes["authorization_endpoint"] = endpoint
    assert_turned_away(client.get("/sign-in/sandbox"), client)


def test_a_token_that_was_meant_for_another_sign_in_is_turned_away(
    liar: Liar, client: Browser
) -> None:
    liar.answer_with(token_of(liar, nonce="another"))
    assert_turned_away(sign_in(client), client)


def token_of(liar: Liar, *, nonce: str) -> object:
    """A good token from the honest provider, with a nonce of our choice."""
    url = liar.honest["authorization_endpoint"]
    order = f"client_id=potluck&response_type=code&scope=openid&nonce={nonce}"
    callback = choose(f"{url}?{order}&redirect_uri=http://localhost:8000/", sub="ben")
    form = {
        "grant_type": "authorization_code",
        "code": asked(callback)["code"],
        "redirect_uri": "http://localhost:8000/",
    }
    answer = requests.post(
        liar.honest["token_endpoint"],
        data=form,
        auth=("potluck", "sandbox"),
        timeout=TIMEOUT_SECONDS,
    )
    assert answer.status_code == 200
    return answer.json()
