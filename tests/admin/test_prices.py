"""Operators change what is sold and what models cost; what was sold stays what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from potluck.billing import packs
from potluck.credits.pricing import current_price
from potluck.database import db
from tests.conftest import RunBy, SignInAs
from tests.people import Browser

SUPPER = {"slug": "supper", "name": "Supper", "credits": "6,000", "amount": "4.50"}


@pytest.fixture(autouse=True)
def _packs_as_they_were(owner: Engine, database: None) -> Iterator[None]:
    yield
    db.session.remove()
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM packs WHERE id > 3"))
        connection.execute(text("UPDATE packs SET withdrawn_at = NULL"))


@pytest.fixture
def operator(browser: Callable[[], Browser], sign_in_as: SignInAs, run_by: RunBy) -> Browser:
    own = browser()
    run_by(sign_in_as(own, "Olga"))
    return own


def sold() -> list[tuple[str, int, int, str]]:
    """What is on sale."""
    query = """
        SELECT slug, credits, amount_minor, currency FROM packs WHERE withdrawn_at IS NULL
        ORDER BY slug
    """
    return [tuple(row) for row in db.session.execute(text(query))]


def test_a_changed_pack_is_a_new_version(operator: Browser) -> None:
    answer = operator.submit("/admin/packs", page="/admin/prices", currency="USD", **SUPPER)
    assert answer.status_code == 303
    assert ("supper", 6000, 450, "usd") in sold()
    versions = text("SELECT credits FROM packs WHERE slug = 'supper' ORDER BY id")
    assert db.session.scalars(versions).all() == [5000, 6000]


def test_a_pack_in_a_currency_without_cents_costs_what_it_says(operator: Browser) -> None:
    form = {**SUPPER, "amount": "500", "currency": "jpy"}
    assert operator.submit("/admin/packs", page="/admin/prices", **form).status_code == 303
    assert ("supper", 6000, 500, "jpy") in sold()
    assert "¥500" in operator.get("/admin/prices").get_data(as_text=True)


def test_the_same_pack_again_changes_nothing(operator: Browser) -> None:
    form = {"slug": "taster", "name": "Taster", "credits": "2000", "amount": "2"}
    operator.submit("/admin/packs", page="/admin/prices", currency="usd", **form)
    assert db.session.scalar(text("SELECT count(*) FROM packs")) == 3


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slug": "Supper!"}, "small letters"),
        ({"slug": ""}, "small letters"),
        ({"name": " "}, "1 to 40 characters"),
        ({"name": "x" * 41}, "1 to 40 characters"),
        ({"name": "a\u202eb"}, "1 to 40 characters"),
        ({"credits": "0"}, "A pack has 1 to"),
        ({"credits": "-5"}, "whole number"),
        ({"credits": "1e3"}, "whole number"),
        ({"credits": "9999999999"}, "goes up to"),
        ({"amount": "0"}, "more than Stripe takes at once, or nothing"),
        ({"amount": "1000000"}, "more than Stripe takes at once, or nothing"),
        ({"amount": "4,50"}, "plain number"),
        ({"currency": "zzz"}, "not a currency"),
        ({"currency": ""}, "not a currency"),
        ({"currency": "jpy"}, "finer than JPY goes"),
    ],
)
def test_a_pack_that_makes_no_sense_is_refused_in_words(
    operator: Browser, changes: dict[str, str], sentence: str
) -> None:
    before = sold()
    form = {**SUPPER, "currency": "usd", **changes}
    answer = operator.submit("/admin/packs", page="/admin/prices", **form)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert sold() == before


def test_a_withdrawn_pack_is_not_for_sale_any_more(operator: Browser) -> None:
    operator.submit("/admin/packs/taster/withdrawal", page="/admin/prices")
    assert "taster" not in [row[0] for row in sold()]
    with pytest.raises(DBAPIError, match="can only be withdrawn"):
        db.session.execute(text("UPDATE packs SET withdrawn_at = NULL WHERE slug = 'taster'"))
    db.session.rollback()


def test_packs_can_be_changed_from_the_command_line(app: Flask, database: None) -> None:
    run = app.test_cli_runner().invoke
    result = run(args=["pack", "crumb", "Crumb", "100", "0.50", "--currency", "eur"])
    assert result.exit_code == 0, result.output
    assert ("crumb", 100, 50, "eur") in sold()
    assert "crumb" in run(args=["packs"]).output
    assert run(args=["withdraw-pack", "crumb"]).exit_code == 0
    again = run(args=["withdraw-pack", "crumb"])
    assert again.exit_code == 1
    assert "flask packs lists what is" in again.output


def test_a_price_that_was_sold_cannot_be_rewritten_even_by_hand(database: None) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text("UPDATE packs SET credits = credits + 1"))
    db.session.rollback()


def test_two_operators_at_once_leave_one_version_on_sale(app: Flask, database: None) -> None:
    packs.offer(slug="crumb", name="Crumb", credits_=100, amount_minor=50, currency="usd")
    packs.offer(slug="crumb", name="Crumb", credits_=200, amount_minor=50, currency="usd")
    db.session.commit()
    assert [row for row in sold() if row[0] == "crumb"] == [("crumb", 200, 50, "usd")]


def test_a_model_gets_a_price(operator: Browser) -> None:
    form = {"model": "another", "input": "10", "output": "20"}
    answer = operator.submit("/admin/model-prices", page="/admin/prices", **form)
    assert answer.status_code == 303
    assert current_price("another").output_credits_per_million == 20


@pytest.mark.fault("M23")
@pytest.mark.parametrize(
    "changes",
    [{"model": ""}, {"input": "-1"}, {"output": "0"}, {"output": "2.5"}, {"output": "9" * 30}],
)
def test_a_model_cannot_be_given_away_or_cost_less_than_nothing(
    operator: Browser, changes: dict[str, str]
) -> None:
    form = {"model": "another", "input": "10", "output": "20", **changes}
    answer = operator.submit("/admin/model-prices", page="/admin/prices", **form)
    assert answer.status_code == 422
    count = text("SELECT count(*) FROM model_prices WHERE model IN ('another', '')")
    assert db.session.scalar(count) == 0
