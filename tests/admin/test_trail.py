"""What operators do is written down with what they did, and stays."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from potluck.database import db
from tests.accounts.visits import is_signed_in
from tests.admin.trails import acts, page, told
from tests.conftest import SignInAs
from tests.people import Browser, make_user

FAILED_EVENT = text("""
    INSERT INTO stripe_events (id, type, payload, attempts)
    VALUES ('evt_1', 'product.created', '{"data": {"object": {}}}', 3)
""")
PACK = {"slug": "crumb", "name": "Crumb", "credits": "100", "amount": "0.50", "currency": "usd"}


@pytest.fixture(autouse=True)
def _packs_as_they_were(owner: Engine, database: None) -> object:
    yield
    db.session.remove()
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM packs WHERE id > 3"))


def test_where_nothing_was_done_the_trail_says_so(operator: Browser) -> None:
    assert "nobody has changed anything yet" in page(operator, "/admin/trail")


def test_what_is_done_on_the_pages_is_in_the_trail(operator: Browser) -> None:
    db.session.execute(FAILED_EVENT)
    db.session.commit()
    for _ in range(2):
        operator.submit("/admin/packs", **PACK)
        operator.submit("/admin/model-prices", model="m", input="1", output="2")
    operator.submit("/admin/packs/crumb/withdrawal")
    operator.submit("/admin/models/probes")
    operator.submit("/admin/events/evt_1/replay")
    # What was so already is no act.
    assert [act.what for act in acts()] == ["pack", "price", "withdraw_pack", "probe", "replay"]
    shown = page(operator, "/admin/trail")
    for word in ("olga@example.org", "100 credits for $0.50", "event evt_1", acts()[0].request_id):
        assert word in shown


def test_what_is_done_from_the_command_line_is_in_the_trail(app: Flask, database: None) -> None:
    ada = make_user("Ada").id
    run = app.test_cli_runner().invoke
    commands = (
        ["grant", str(ada), "5", "--key", "once", "--reason", "A song"],
        ["ban", str(ada), "--reason", "Shouting"],
        ["unban", str(ada)],
        ["price", "m", "--input-credits", "1", "--output-credits", "2"],
        ["pack", "crumb", "Crumb", "100", "0.50"],
        ["withdraw-pack", "crumb"],
        ["pause", "rounds", "Back at eight."],
        ["resume", "rounds"],
    )
    for command in commands:
        result = run(args=command)
        assert result.exit_code == 0, result.output
    expected = ["grant", "ban", "unban", "price", "pack", "withdraw_pack", "pause", "resume"]
    assert [act.what for act in acts()] == expected
    assert {(act.user_id, act.email) for act in acts()} == {(None, "command line")}
    assert told()[:2] == [
        ("grant", f"member {ada}", "A song"),
        ("ban", f"member {ada}", "Shouting"),
    ]
    run(args=commands[0])
    assert len(acts()) == len(expected)


def test_nobody_changes_the_trail(app: Flask, database: None, owner: Engine) -> None:
    app.test_cli_runner().invoke(args=["pause", "rounds", "Back at eight."])
    for statement in ("UPDATE operator_acts SET reason = 'x'", "DELETE FROM operator_acts"):
        with owner.begin() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(statement))
    assert len(acts()) == 1


def test_a_member_gets_what_was_done_about_them_and_not_who_did_it(
    app: Flask, client: Browser, sign_in_as: SignInAs
) -> None:
    ada = sign_in_as(client, "Ada").id
    app.test_cli_runner().invoke(args=["grant", str(ada), "5", "--key", "k", "--reason", "A song"])
    content = client.get("/account/export").get_json(force=True)
    (about,) = content["operator_acts_about_them"]
    assert (about["what"], about["details"], about["reason"]) == ("grant", "5 credits", "A song")
    assert "email" not in about
    assert content["operator_acts"] == []


def test_an_operator_who_leaves_takes_nothing_out_of_the_trail(
    operator: Browser, browser: Callable[[], Browser]
) -> None:
    operator.submit("/admin/switches/rounds/pause", sentence="Back at eight.")
    content = json.loads(operator.get("/account/export").get_data(as_text=True))
    assert [act["what"] for act in content["operator_acts"]] == ["pause"]
    assert "What you did as an operator" in page(operator, "/account/deletion")
    operator.submit("/account/deletion", page="/account/deletion", word="delete")
    assert not is_signed_in(operator)
    assert [(act.what, act.email) for act in acts()] == [("pause", "olga@example.org")]
