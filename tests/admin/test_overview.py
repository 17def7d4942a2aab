"""The operator's first page: what wants attention, and nothing where all is quiet."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import Engine, text

from potluck.database import db
from potluck.rooms.models import Generation
from tests.admin.trails import page
from tests.conftest import RunBy, SignInAs
from tests.credits import histories
from tests.orders import hold, settle
from tests.people import Browser, make_user

FAILED_EVENT = text("""
    INSERT INTO stripe_events (id, type, payload, attempts, last_error)
    VALUES ('evt_1', 'product.created', '{"data": {"object": {}}}', 3, 'It <b>broke</b>')
""")
HANDLED_EVENT = text("""
    INSERT INTO stripe_events (id, type, payload, received_at, handled_at, attempts)
    VALUES ('evt_2', 'product.created', '{"created": 1700000000}', to_timestamp(1700000001),
        to_timestamp(1700000003), 1)
""")


def test_a_quiet_installation_says_so(operator: Browser) -> None:
    assert "All quiet" in page(operator, "/admin")


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
    shown = page(operator, "/admin")
    assert "tried 3 times" in shown
    assert "It &lt;b&gt;broke&lt;/b&gt;" in shown
    answer = operator.submit("/admin/events/evt_1/replay", page="/admin")
    assert answer.status_code == 303
    assert "The event is handled." in page(operator, "/admin")
    assert "All quiet" in page(operator, "/admin")


def test_a_round_that_cost_more_than_was_held_is_shown(operator: Browser) -> None:
    ada = make_user("Ada", credits=100)
    generation_id = hold(ada.id, 10)
    settle(generation_id, user_id=ada.id, amount_credits=10)
    generation = db.session.get_one(Generation, generation_id)
    generation.input_tokens, generation.output_tokens = 1_000, 1_000
    db.session.commit()
    # A credit for a thousand tokens read, forty for a thousand written.
    assert "31 credits over 10" in page(operator, "/admin")


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


def tiles(operator: Browser) -> dict[str, str]:
    """The figures that are shown, by their names."""
    html = page(operator, "/admin/tiles")
    found = re.findall(r"<dt>(?:<a[^>]*>)?([^<]+)(?:</a>)?</dt><dd[^>]*>([^<]+)<", html)
    return dict(found)


def test_the_tiles_say_whose_credits_and_whose_money_there_is(operator: Browser) -> None:
    ada, ben = make_user("Ada", credits=100).id, make_user("Ben").id
    assert tiles(operator)["Streams in flight"] == "0"
    assert "Nobody has paid yet" in page(operator, "/admin")
    histories.buy(ben, 2500)
    histories.end_generation(histories.held_generation({ada: 30}), {ada: 7})
    histories.held_generation({ben: 40})
    shown = tiles(operator)
    expected = {
        "Streams in flight": "1",
        "Open holds": "1",
        "Failed deliveries": "0",
        "With members": "2,593",
        "Held of these": "40",
        "Owed by members": "0",
        "Sold": "2,500",
        "Given away": "100",
        "Earned": "7",
        "Taken": "$25.00",
        "Given back": "$0.00",
    }
    assert {name: shown[name] for name in expected} == expected


def test_the_tiles_say_how_long_stripes_events_took_and_wait(operator: Browser) -> None:
    assert tiles(operator)["Webhook lag"] == "\u2013"
    db.session.execute(FAILED_EVENT)
    db.session.execute(HANDLED_EVENT)
    db.session.commit()
    assert (tiles(operator)["Webhook lag"], tiles(operator)["Failed deliveries"]) == ("3.0 s", "1")
    assert "The oldest that waits came" in page(operator, "/admin/tiles")


def test_without_scripts_the_page_says_when_it_was_and_can_be_asked_again(
    operator: Browser,
) -> None:
    shown = page(operator, "/admin")
    assert "Taken <time datetime=" in shown
    assert '<a href="/admin">Look again</a>' in shown


def test_books_that_do_not_balance_are_said_to_at_once(operator: Browser, owner: Engine) -> None:
    make_user("Ada", credits=100)
    assert "The books balance" in page(operator, "/admin")
    with owner.begin() as connection:
        connection.execute(text("UPDATE accounts SET posted = posted + 1 WHERE kind = 'member'"))
    assert "balance. Run flask audit" in page(operator, "/admin")
