"""What can be going on in the room of the small world, each with the page that shows it most."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from potluck.accounts.models import User
from potluck.credits import holds
from potluck.credits.pricing import current_price
from potluck.database import db
from potluck.rooms import agreements, closing, drafts, remixes, rooms, rounds
from potluck.rooms.models import Generation, Picture, Room, Round
from potluck.rooms.sheet_models import Sheet
from tests.conftest import MODEL
from tests.credits import histories
from tests.orders import dispatch
from tests.people import make_user
from tests.rooms.sheet_people import lay_out, publish, written_sheet

if TYPE_CHECKING:
    from tests.web.conftest import World

END = text("UPDATE rounds SET phase = :phase, ended_at = now() WHERE id = :id")
DRAW = text("UPDATE generations SET kind = 'picture', text = '' WHERE id = :id")


def collecting(world: World) -> None:
    """It gathers lines, Ada's is in, and she types another."""
    drafts.keep(room(world), user_id=world.user_id, text="Or a toad")
    db.session.commit()


def waiting_for_credits(world: World) -> None:
    """Her line can't be paid for yet."""
    newest(world).contributions[0].short_since = datetime.now(UTC)
    db.session.commit()


def treated(world: World) -> None:
    """Ben treats everybody."""
    newest(world).treated_by = ben(world)
    db.session.commit()


def from_pot(world: World) -> None:
    """The pot pays, and holds something."""
    room_id = newest(world).room_id
    newest(world).from_pot = True
    db.session.commit()
    for user_id in seated(world):
        holds.put_into_pot(user_id=user_id, amount_credits=9, room_id=room_id, ttl_seconds=60)
    db.session.commit()


def begun_as_a_remix(world: World) -> None:
    """The next round begins with a sheet of others."""
    db.session.execute(END, {"phase": "stopped", "id": newest(world).id})
    db.session.commit()
    slug = written_sheet("Ivy", "Jo")
    publish(slug)
    remixes.begin(sheet(slug), user_id=world.user_id)
    db.session.commit()


def written(world: World) -> None:
    """It is over, Ben treated, and somebody would like to show what was made."""
    treated(world)
    _write(world)
    agreements.vote(_made(world), user_id=ben(world), word="agree")
    db.session.commit()


def paid_by_the_pot(world: World) -> None:
    """It is over, and the pot paid."""
    from_pot(world)
    _write(world)


def drawn(world: World) -> None:
    """Every round so far has ended in a picture."""
    _write(world)
    for generation in db.session.scalars(select(Generation).join(Round).join(Room)).all():
        for number in (1, 2):
            name = f"{generation.id:030}-{number}.png"
            db.session.add(
                Picture(
                    generation_id=generation.id,
                    name=name,
                    media_type="image/png",
                    width=9,
                    height=9,
                    size_bytes=9,
                )
            )
        db.session.execute(DRAW, {"id": generation.id})
    db.session.commit()


def being_written(world: World) -> None:
    """A text is under way, which the pot pays."""
    from_pot(world)
    generation = _order(world)
    newest(world).phase = "generating"
    generation.state, generation.body = "dispatched", "Once there"
    db.session.commit()


def failed(world: World) -> None:
    """Nothing came of it."""
    generation = _order(world)
    holds.release(generation.id)
    generation.state, generation.error_code = "failed", "stream_cut"
    db.session.execute(END, {"phase": "failed", "id": newest(world).id})
    db.session.commit()


def put_away(world: World) -> None:
    """Its host thought better of it."""
    rounds.put_away(room(world))
    db.session.commit()


def closed(world: World) -> None:
    """It is over with all of it."""
    _write(world)
    closing.close(room(world))
    db.session.commit()


def full(world: World) -> None:
    """Ada watches: she gave her seat up, and another sits there."""
    written(world)
    rooms.leave(room(world), world.user_id)
    rooms.set_seats(room(world), 2)
    db.session.commit()
    rooms.join(room(world), make_user("Kim").id)
    db.session.commit()


def room(world: World) -> Room:
    """Theirs, read afresh."""
    db.session.expire_all()
    return db.session.scalars(select(Room).filter_by(code=world.room_code)).one()


def newest(world: World) -> Round:
    """Its newest round, read afresh."""
    round_ = rounds.current_round(room(world))
    assert round_
    return round_


def seated(world: World) -> list[int]:
    """Who sits there."""
    return [member.user_id for member in room(world).members]


def ben(world: World) -> int:
    """The other one at the table."""
    return db.session.scalars(select(User.id).filter_by(name="Ben")).one()


def sheet(slug: str) -> Sheet:
    """The sheet of that name."""
    return db.session.scalars(select(Sheet).filter_by(slug=slug)).one()


def _order(world: World) -> Generation:
    """A text is ordered, for which everybody's part is held."""
    round_ = newest(world)
    generation = Generation(
        round_id=round_.id, price_id=current_price(MODEL).id, messages=[], output_tokens_max=1
    )
    db.session.add(generation)
    db.session.flush()
    amounts = dict.fromkeys(seated(world), 30)
    holds.reserve(amounts=amounts, generation_id=generation.id, ttl_seconds=60)
    dispatch(generation.id)
    db.session.commit()
    return generation


def _write(world: World) -> None:
    """A text comes of it, and its sheet."""
    rounds.contribute(room(world), user_id=ben(world), line="A toad.")
    db.session.commit()
    shares = dict.fromkeys(seated(world), 7)
    histories.end_generation(_order(world).id, shares, body="Once there was a toad.")
    db.session.execute(END, {"phase": "done", "id": newest(world).id})
    lay_out(newest(world))
    db.session.commit()


def _made(world: World) -> Sheet:
    return db.session.scalars(select(Sheet).filter_by(round_id=newest(world).id)).one()
