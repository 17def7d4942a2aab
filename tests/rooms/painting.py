"""A model that draws for a table, and what comes of its next round."""

from __future__ import annotations

from sqlalchemy import text

from potluck.credits import pricing
from potluck.database import db
from potluck.rooms import leases, rounds
from potluck.rooms.leases import Lease
from potluck.rooms.models import Generation
from potluck.rooms.recipes import recipe
from tests.rooms.conftest import Table


def begin(table: Table, url: str) -> None:
    """Their next round ends in a picture, and nothing is left of others' pictures."""
    use_painter(table, "painter-quick", url)
    db.session.execute(text("UPDATE rounds SET phase = 'done'"))
    rounds.open_round(table.room, recipe("picture"))
    db.session.commit()


def use_painter(table: Table, name: str, url: str | None = None) -> None:
    """The model that draws from now on."""
    named = {"openai_image_model": name}
    if url:
        named["openai_image_base_url"] = f"{url}/v1"
    table.set(**named)
    pricing.set_price(name, input_credits_per_million=5_000, output_credits_per_million=40_000)
    db.session.commit()


def being_drawn(table: Table) -> Lease:
    """A round with two lines for which the model has been asked."""
    table.add_lines("A heron.", "Fog.")
    table.start()
    lease = leases.claim()
    assert lease
    leases.dispatch(lease)
    db.session.commit()
    return lease


def drawn(table: Table) -> Generation:
    """What comes of a round with two lines."""
    table.add_lines("A heron in rubber boots.", "Fog.")
    table.start()
    made = table.write().generation
    assert made
    return made
