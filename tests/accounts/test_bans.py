"""An operator shuts somebody out, and lets them in again."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text, update

from potluck.accounts.models import Identity
from potluck.database import db
from tests.accounts.visits import is_signed_in, made
from tests.conftest import SignInAs
from tests.people import Browser, make_user

HEARD_WITHIN_SECONDS = 5


@pytest.fixture
def run(app: Flask, database: None) -> Callable[..., Result]:
    """Runs a command as the operator does."""
    return lambda *arguments: app.test_cli_runner().invoke(args=arguments)


def test_a_ban_shuts_out_and_keeps_everything(
    run: Callable[..., Result], client: Browser, sign_in_as: SignInAs
) -> None:
    sign_in_as(client, "Mallory", credits=5)
    result = run("ban", "Mallory@example.com")
    assert result.exit_code == 0, result.output
    assert "is banned" in result.output
    assert not is_signed_in(client)
    assert made() == {"users": 1, "identities": 1, "sessions": 1, "accounts": 1}
    assert run("unban", "mallory@example.com").exit_code == 0
    assert client.get("/credits/balance").get_json()["posted"] == 5


def test_a_ban_by_number_hits_that_member_alone(
    run: Callable[..., Result], browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    mallorys, adas = browser(), browser()
    mallory = sign_in_as(mallorys, "Mallory")
    sign_in_as(adas, "Ada")
    assert run("ban", str(mallory.id)).exit_code == 0
    assert not is_signed_in(mallorys)
    assert is_signed_in(adas)


def test_a_ban_is_told_for_each_of_their_sessions_and_once(
    run: Callable[..., Result], browser: Callable[[], Browser], sign_in_as: SignInAs
) -> None:
    for name in ("Mallory", "Mallory", "Ada"):
        sign_in_as(browser(), name)
    conninfo = db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as listener:
        listener.execute("LISTEN session_ended")
        run("ban", "mallory@example.com")
        run("ban", "mallory@example.com")
        # Whatever came before this has been heard once it is.
        listener.execute("NOTIFY session_ended, 'end'")
        heard: list[str] = []
        for notify in listener.notifies(timeout=HEARD_WITHIN_SECONDS):
            if notify.payload == "end":
                break
            heard.append(notify.payload)
    with db.engine.connect() as connection:
        query = """
            SELECT s.id || ' banned' FROM sessions s JOIN users u ON u.id = user_id WHERE name = :n
        """
        expected = list(connection.scalars(text(query), {"n": "Mallory"}))
    assert sorted(heard) == sorted(expected)
    assert len(heard) == 2


def test_an_address_that_nobody_vouches_for_bans_nobody(run: Callable[..., Result]) -> None:
    """Otherwise somebody could claim another's address and have them banned."""
    make_user("Ada")
    db.session.execute(update(Identity).values(email_vouched=False))
    db.session.commit()
    result = run("ban", "ada@example.com")
    assert result.exit_code == 1
    assert "no member ada@example.com" in result.output


@pytest.mark.parametrize("who", ["999999", "9" * 40, "nobody@example.com", "²", "-1"])
def test_banning_nobody_says_so(run: Callable[..., Result], who: str) -> None:
    result = run("ban", "--", who)
    assert result.exit_code == 1
    assert f"no member {who}" in result.output


def test_an_address_of_two_asks_which_one(run: Callable[..., Result]) -> None:
    ada, ben = make_user("Ada"), make_user("Ben")
    db.session.execute(update(Identity).values(email="shared@example.com"))
    db.session.commit()
    result = run("ban", "shared@example.com")
    assert result.exit_code == 1
    assert f"{ada.id}, {ben.id}" in result.output
