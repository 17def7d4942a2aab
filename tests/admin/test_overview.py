"""The operator's first page: what wants attention, and nothing where all is quiet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from potluck.database import db
from potluck.rooms.models import Generation
from tests.conftest import RunBy, SignInAs
from tests.orders import hold, settle
from tests.people import Browser, make_user

FAILED_EVENT = text("""
    INSERT INTO stripe_events (id, type, payload, attempts, last_error)
    VALUES ('evt_1', 'product.created', '{"data": {"object": {}}}', 3, 'It <b>broke</b>')
""")


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own


def page(operator: Browser, path: str = "/admin") -> str:
    answer = operator.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_quiet_installation_says_so(operator: Browser) -> None:
    assert "All quiet" in page(operator)


def test_only_an_address_that_is_vouched_for_makes_an_operator(
    client: Browser, sign_in_as: SignInAs, run_by: RunBy
) -> None:
    run_by(sign_in_as(client, "Olga"))
    assert client.get("/admin").status_code == 200
    db.session.execute(text("UPDATE identities SET email_vouched = false"))
    db.session.commit()
    assert client.get("/admin").status_code == 404
    assert "Operator" not in client.get("/").get_data(as_text=True)


def test_an_event_that_failed_is_shown_and_can_be_handled_again(operator: Browser) -> None:
    db.session.execute(FAILED_EVENT)
    db.session.commit()
    shown = page(operator)
    assert "tried 3 times" in shown
    assert "It &lt;b&gt;broke&lt;/b&gt;" in shown
    answer = operator.submit("/admin/events/evt_1/replay", page="/admin")
    assert answer.status_code == 303
    assert "The event is handled." in page(operator)
    assert "All quiet" in page(operator)


def test_a_round_that_cost_more_than_was_held_is_shown(operator: Browser) -> None:
    ada = make_user("Ada", credits=100)
    generation_id = hold(ada.id, 10)
    settle(generation_id, user_id=ada.id, amount_credits=10)
    generation = db.session.get_one(Generation, generation_id)
    generation.input_tokens, generation.output_tokens = 1_000, 1_000
    db.session.commit()
    # A credit for a thousand tokens read, forty for a thousand written.
    assert "31 credits over 10" in page(operator)


def test_purchases_are_found_by_what_people_can_say(app: Flask, operator: Browser) -> None:
    assert "Nobody has bought anything yet" in page(operator, "/admin/purchases")
    ada = make_user("Ada_100%")
    values = {"user_id": ada.id}
    query = """
        INSERT INTO purchases (user_id, pack_id, credits, amount_minor, currency, expires_at)
        SELECT :user_id, id, credits, amount_minor, currency, now() FROM packs LIMIT 1
        RETURNING id
    """
    purchase_id = db.session.execute(text(query), values).scalar_one()
    db.session.commit()
    for term in ("ada_100%25", str(ada.id), str(purchase_id), ""):
        assert f"/admin/purchases/{purchase_id}" in page(operator, f"/admin/purchases?q={term}")
    for term in ("ada%25100", "%00", "nobody"):
        assert str(purchase_id) not in page(operator, f"/admin/purchases?q={term}x")
    listed = app.test_cli_runner().invoke(args=["purchases", "ada"])
    assert str(purchase_id) in listed.output
