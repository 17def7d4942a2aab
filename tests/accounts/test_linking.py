"""One person, several ways to sign in: added and taken away by themselves alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from urllib.parse import quote

from sqlalchemy import text
from werkzeug.test import TestResponse

from potluck.database import db
from tests.accounts.visits import CALLBACK_PATH, asked, choose, made, set_out, sign_in
from tests.billing.people import at_once
from tests.conftest import SignInAs
from tests.people import Browser

MAIL = {"ada": "ada@example.com", "ben": "ben@example.com"}


def owners() -> dict[str, str]:
    """Whose each identity is, by its address."""
    query = text("""
        SELECT email, name FROM identities JOIN users ON users.id = user_id ORDER BY identities.id
    """)
    with db.engine.connect() as connection:
        return {row.email: row.name for row in connection.execute(query)}


def set_out_to_link(browser: Browser) -> str:
    """Clicks on Link; the address of the provider's page."""
    answer = browser.submit("/account/identities", page="/account", provider="sandbox")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    page = answer.get_data(as_text=True)
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def link(browser: Browser, person: str) -> TestResponse:
    return browser.get(choose(set_out_to_link(browser), sub=person))


def unlink(browser: Browser, identity_id: int) -> TestResponse:
    return browser.submit(f"/account/identities/{identity_id}/removal", page="/account")


def identity_id(email: str) -> int:
    with db.engine.connect() as connection:
        query = text("SELECT id FROM identities WHERE email = :email")
        return int(connection.execute(query, {"email": email}).scalar_one())


def test_a_linked_identity_leads_to_the_same_person(
    provider: str, browser: Callable[[], Browser]
) -> None:
    laptop, phone = browser(), browser()
    sign_in(laptop, "ada")
    answer = link(laptop, "ben")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert MAIL["ben"] in laptop.get("/account").get_data(as_text=True)
    sign_in(phone, "ben")
    assert "Ada Okafor" in phone.get("/").get_data(as_text=True)
    assert made() == {"users": 1, "identities": 2, "sessions": 2, "accounts": 1}


def test_linking_what_is_linked_already_changes_nothing(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    assert link(client, "ada").status_code == 303
    assert made()["identities"] == 1


def test_somebody_elses_identity_is_refused_and_nothing_changes(
    provider: str, browser: Callable[[], Browser]
) -> None:
    adas, bens = browser(), browser()
    sign_in(bens, "ben")
    sign_in(adas, "ada")
    before = owners()
    answer = link(adas, "ben")
    assert answer.status_code == 409
    assert "Somebody else here signs in with this account" in answer.get_data(as_text=True)
    assert owners() == before
    assert "Ada Okafor" in adas.get("/").get_data(as_text=True), "nor is she signed in as him"


def test_a_link_that_was_begun_by_another_is_not_finished_here(
    provider: str, browser: Callable[[], Browser]
) -> None:
    """Otherwise an attacker's identity could be attached to a victim's account."""
    attacker, victim = browser(), browser()
    sign_in(attacker, "ben")
    sign_in(victim, "ada")
    callback = choose(set_out_to_link(attacker), sub="chiyo")
    set_out_to_link(victim)
    before = owners()
    assert victim.get(callback).status_code == 400
    assert owners() == before


def test_a_link_is_not_finished_after_signing_out(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    callback = choose(set_out_to_link(client), sub="ben")
    client.submit("/sign-out")
    assert client.get(callback).status_code == 400
    assert list(owners()) == [MAIL["ada"]]


def test_a_link_is_not_finished_by_whoever_signs_in_next(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    callback = choose(set_out_to_link(client), sub="chiyo")
    sign_in(client, "ben")
    assert client.get(callback).status_code == 400
    assert list(owners()) == [MAIL["ada"], MAIL["ben"]]


def test_a_sign_in_that_is_begun_meanwhile_is_no_link(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    set_out_to_link(client)
    client.get(choose(set_out(client), sub="ben"))
    assert len(set(owners().values())) == 2
    assert "Ben Castillo" in client.get("/").get_data(as_text=True)


def test_a_state_links_once(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    callback = choose(set_out_to_link(client), sub="ben")
    state = asked(callback)["state"]
    failed = client.get(f"{CALLBACK_PATH}?code=garbage&state={quote(state)}")
    assert failed.status_code == 400
    assert "Nothing was linked" in failed.get_data(as_text=True)
    assert client.get(callback).status_code == 400
    assert list(owners()) == [MAIL["ada"]]


def test_whoever_says_no_at_the_provider_stays_signed_in(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    answer = client.get(choose(set_out_to_link(client), action="deny"))
    assert answer.status_code == 200
    assert "Nothing was linked" in answer.get_data(as_text=True)
    assert "Ada Okafor" in client.get("/").get_data(as_text=True)


def test_whoever_is_banned_meanwhile_links_nothing(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    callback = choose(set_out_to_link(client), sub="ben")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE users SET banned_at = now()"))
    assert client.get(callback).status_code == 401
    assert list(owners()) == [MAIL["ada"]]


def test_one_of_two_can_be_unlinked_and_the_last_stays(provider: str, client: Browser) -> None:
    sign_in(client, "ada")
    link(client, "ben")
    assert unlink(client, identity_id(MAIL["ada"])).status_code == 303
    assert list(owners()) == [MAIL["ben"]]
    answer = unlink(client, identity_id(MAIL["ben"]))
    assert answer.status_code == 409
    assert "only way in" in answer.get_data(as_text=True)
    page = client.get("/account").get_data(as_text=True)
    assert "/removal" not in page
    assert "This is your only way in" in page
    assert list(owners()) == [MAIL["ben"]]


def test_two_that_are_unlinked_at_once_leave_one(
    provider: str, browser: Callable[[], Browser]
) -> None:
    laptop, phone = browser(), browser()
    sign_in(laptop, "ada")
    link(laptop, "ben")
    sign_in(phone, "ben")
    at_once(
        lambda: unlink(laptop, identity_id(MAIL["ada"])),
        lambda: unlink(phone, identity_id(MAIL["ben"])),
    )
    assert made()["identities"] == 1


def test_a_stranger_cannot_unlink_somebody_elses(
    browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    adas, mallorys = browser(), browser()
    sign_in_as(adas, "Ada")
    sign_in_as(mallorys, "Mallory")
    assert unlink(mallorys, identity_id(MAIL["ada"])).status_code == 404
    assert MAIL["ada"] in owners()
