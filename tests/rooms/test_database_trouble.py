"""The database fails while a round starts or is settled: done again, or nothing is held."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from potluck.database import TRANSACTION_TRIES_MAX, db
from potluck.rooms import generation, leases, rooms, rounds
from potluck.rooms.recipes import recipe
from tests.conftest import SignInAs
from tests.people import Browser
from tests.rooms.conftest import Table
from tests.trouble import TROUBLES, trouble


@pytest.fixture
def path(app: Flask, client: Browser, sign_in_as: SignInAs) -> str:
    """Where Chiyo, alone in a room, adds the line that starts the round."""
    chiyo = sign_in_as(client, "Chiyo", credits=1000)
    room = rooms.create_room([chiyo.id])
    rounds.open_round(room, recipe("story"))
    code = room.code
    db.session.commit()
    return f"/rooms/{code}"


def held(client: Browser) -> int:
    credits_held: int = client.get("/credits/balance").get_json()["held"]
    return credits_held


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_round_starts_through_trouble_that_passes(
    owner: Engine, client: Browser, path: str, kind: str
) -> None:
    with trouble(owner, kind, table="holds", times=TRANSACTION_TRIES_MAX - 1):
        answer = client.submit(f"{path}/contribution", page=path, line="A frog.")
    assert answer.status_code == 303
    assert db.session.scalar(text("SELECT count(*) FROM holds")) == 1
    assert held(client) > 0


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_round_that_cannot_start_holds_nothing_and_can_be_started_later(
    owner: Engine, client: Browser, path: str, kind: str
) -> None:
    with trouble(owner, kind, table="holds", times=1_000):
        answer = client.submit(f"{path}/contribution", page=path, line="A frog.")
        assert answer.status_code == 503
        assert "Try again in a moment" in answer.get_data(as_text=True)
        assert held(client) == 0
    assert client.submit(f"{path}/generation", page=path).status_code == 303
    assert held(client) > 0


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_round_is_settled_once_through_trouble_that_passes(
    owner: Engine, table: Table, kind: str
) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    with trouble(owner, kind, table="transfers", times=TRANSACTION_TRIES_MAX - 1):
        assert table.write().phase == "done"
    cost = table.round.generation.cost_credits if table.round.generation else None
    assert cost
    assert sum(posted for posted, _ in table.balances()) == 2000 - cost


@pytest.mark.fault("M20")
@pytest.mark.parametrize("kind", TROUBLES)
def test_a_round_that_could_not_be_settled_is_given_back(
    owner: Engine, table: Table, kind: str
) -> None:
    table.add_lines("A frog who sings.", "A flooded cellar.")
    table.start()
    lease = leases.claim()
    assert lease
    with trouble(owner, kind, table="transfers", times=1_000):
        with pytest.raises(Exception, match=r"trouble|terminating"):
            generation.run(lease)
        db.session.remove()
    db.session.execute(text("UPDATE generations SET lease_expires_at = now() - interval '1 s'"))
    db.session.commit()
    generation.settle_abandoned()
    assert table.round.phase == "failed"
    assert table.balances() == [(1000, 0), (1000, 0)]
