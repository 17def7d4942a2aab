"""What an operator does from the command line."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from potluck.credits import ledger, pricing
from potluck.database import db
from tests.people import make_user

pytestmark = pytest.mark.usefixtures("database")


def test_the_audit_prints_its_figures_and_exits_0(app: Flask) -> None:
    make_user("Ada", credits=1234)
    result = app.test_cli_runner().invoke(args=["audit"])
    assert result.exit_code == 0
    assert "1,234" in result.output
    assert "BROKEN" not in result.output


def test_the_audit_names_what_was_tampered_with_and_exits_1(app: Flask, owner: Engine) -> None:
    ada = make_user("Ada", credits=5)
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE entries SET amount = 6 WHERE amount = 5"))
    result = app.test_cli_runner().invoke(args=["audit"])
    assert result.exit_code == 1
    assert "BROKEN posted is the sum of entries" in result.output
    assert ledger.balance(ada.id).posted == 5


def test_a_grant_is_given_once_for_its_key(app: Flask) -> None:
    ada = make_user("Ada")
    command = ["grant", str(ada.id), "50", "--key", "christmas"]
    assert "50 credits given" in app.test_cli_runner().invoke(args=command).output
    assert "before" in app.test_cli_runner().invoke(args=command).output
    assert ledger.balance(ada.id).posted == 50


@pytest.mark.parametrize("credits", ["0", "-5", "1.5", "lots"])
def test_a_grant_of_no_credits_is_refused(app: Flask, credits: str) -> None:
    ada = make_user("Ada")
    command = ["grant", "--key", "x", "--", str(ada.id), credits]
    assert app.test_cli_runner().invoke(args=command).exit_code == 2
    assert ledger.balance(ada.id).posted == 0


def test_a_grant_to_nobody_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["grant", "999999", "5", "--key", "x"])
    assert result.exit_code == 1
    assert "no member 999999" in result.output


def test_a_price_is_a_new_version_only_when_it_changes(app: Flask) -> None:
    command = ["price", "some-model", "--input-credits", "10", "--output-credits", "20"]
    assert "new price" in app.test_cli_runner().invoke(args=command).output
    first = pricing.current_price("some-model").id
    assert "already" in app.test_cli_runner().invoke(args=command).output
    db.session.rollback()
    assert pricing.current_price("some-model").id == first
    command[-1] = "30"
    app.test_cli_runner().invoke(args=command)
    db.session.rollback()
    assert pricing.current_price("some-model").id > first


@pytest.mark.parametrize("price", ["0", "-1"])
def test_a_price_that_gives_the_model_away_is_refused(app: Flask, price: str) -> None:
    command = ["price", "some-model", "--input-credits", "1", "--output-credits", price]
    assert app.test_cli_runner().invoke(args=command).exit_code == 2
