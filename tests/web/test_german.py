"""Whoever reads German finds no English on the pages of credits and accounts."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from potluck.credits import holds, ledger
from potluck.database import db
from potluck.rooms.models import Room
from tests.conftest import MODEL, SignInAs
from tests.credits import histories
from tests.people import Browser
from tests.web.conftest import World
from tests.web.said import answer, untranslated

# The same in both languages, or nobody's words.
SAME = {
    "Credits",
    "Credits · Potluck",
    "Live",
    "Name",
    "Pool",
    "Potluck",
    "Sandbox",
    "Tokens",
    MODEL,
}


def english(browser: Browser, path: str, **request: object) -> list[str]:
    """Of the labels, too, however short they are."""
    left = untranslated(browser, path, words_min=1, **request)
    return [text for text in left if text not in SAME]


@pytest.fixture
def ada(world: World, client: Browser, sign_in_as: SignInAs) -> Browser:
    """In a browser, with everything in her statement that can be there."""
    user_id = sign_in_as(client, "Ada").id
    room_id = db.session.scalars(select(Room.id).filter_by(code=world.room_code)).one()
    holds.put_into_pot(user_id=user_id, amount_credits=40, room_id=room_id, ttl_seconds=60)
    db.session.commit()
    holds.take_out_of_pot(room_id, [user_id])
    db.session.commit()
    purchase_id = histories.buy(user_id, 2000)
    histories.end_generation(histories.held_generation({user_id: 50}), {})
    histories.held_generation({user_id: 20})
    for asked, taken in ((30, 30), (30, 10)):
        refund_id = histories.ask_refund(user_id, purchase_id, asked)
        assert refund_id
        histories.refund(user_id, refund_id, taken)
    reference = histories.dispute(user_id, purchase_id, 1500)
    histories.win(user_id, reference, 1500)
    histories.dispute(user_id, histories.buy(user_id, 50), 20_000)
    ledger.grant(user_id=user_id, amount_credits=7, key="luck", reason="Glück")
    db.session.commit()
    return client


def test_a_statement_with_everything_in_it_is_german(ada: Browser) -> None:
    page = answer(ada, "/credits", "de").text
    for sentence in (
        "In den Topf von",
        "Aus dem Topf von",
        "Vorgemerkt für die Erstattung",
        "Abgebucht für",
        "Zurückgegeben:",
        "Deine Bank hat das Geld",
        "bestehen lassen",
        "noch",
        "Du schuldest",
    ):
        assert sentence in page, sentence
    assert english(ada, "/credits") == []


@pytest.mark.parametrize(
    "path", ["/account", "/account/deletion", "/billing/card", "/nowhere", "/credits?before=x"]
)
def test_the_pages_of_an_account_are_german(ada: Browser, path: str) -> None:
    assert english(ada, path) == []


def test_a_receipt_and_a_checkout_are_german(ada: Browser, world: World) -> None:
    assert english(ada, f"/credits/charges/{world.hold_id}") == []
    assert english(ada, f"/billing/checkouts/{world.purchase_id}") == []


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in?next=/rooms/abc", "/sign-in/nobody"])
def test_the_way_in_is_german(client: Browser, path: str) -> None:
    assert english(client, path) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nowhere", "not_found"),
        ("/credits?before=x", "bad_place"),
        ("/credits/statement.csv?from=x", "bad_days"),
        ("/credits/statement.csv?from=2026-02-01&to=2026-01-01", "bad_days"),
    ],
)
def test_programs_are_refused_in_german_by_the_same_code(
    ada: Browser, path: str, code: str
) -> None:
    json = {"Accept": "application/json"}
    answers = [answer(ada, path, to, headers=json).get_json()["error"] for to in ("en", "de")]
    assert [error["code"] for error in answers] == [code, code]
    assert answers[0]["message"] != answers[1]["message"]


def test_a_form_that_nobody_signed_is_refused_in_german(ada: Browser) -> None:
    assert "zu lange offen" in answer(ada, "/account/name", "de", method="POST").text


def test_a_name_that_nobody_can_have_is_refused_in_german(ada: Browser) -> None:
    ada.set_cookie("language", "de")
    refused = ada.submit("/account/name", page="/account", name=" ")
    assert "Ein Name hat zwischen 1 und 80 Zeichen." in refused.text


def test_whoever_reads_german_types_a_german_word_to_delete_their_account(ada: Browser) -> None:
    ada.set_cookie("language", "de")
    page = "/account/deletion"
    refused = ada.submit(page, page=page, word="delete")
    assert "Tippe das Wort löschen" in refused.text
    # Past the word, what is under way stands in the way.
    assert "Tippe das Wort löschen" not in ada.submit(page, page=page, word=" Löschen ").text


def test_statements_for_spreadsheets_are_the_same_in_every_language(ada: Browser) -> None:
    files = [answer(ada, "/credits/statement.csv", to).text for to in ("en", "de")]
    assert "dispute" in files[0]
    assert files[0] == files[1]
