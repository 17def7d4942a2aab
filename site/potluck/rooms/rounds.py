"""A round: lines go into the pot, everybody's share is held, one model writes for all.

Nothing here commits. The round's row is locked before anything about it is decided, so two
people who act at once act one after the other.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import selectinload

from potluck.credits import holds, ledger, pricing
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import prompts, quotes
from potluck.rooms.models import Contribution, Generation, Room, Round
from potluck.rooms.recipes import Recipe, recipe

HOLD_TTL_SECONDS = 600
EARLIER_ROUNDS_MAX = 20


class WrongPhase(Refusal):
    """The round has moved on since the page was drawn."""

    code = "wrong_phase"


class BadLine(Refusal):
    """A line that can't be put into the pot."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_line"


class Part(NamedTuple):
    """A line's part of the bill. `guest` is its author where somebody else paid."""

    payer: str
    credits: int
    guest: str | None = None


def current_round(room: Room) -> Round | None:
    """The newest round of a room: the live one, or the last."""
    query = select(Round).filter_by(room_id=room.id).order_by(Round.number.desc()).limit(1)
    return db.session.scalar(query)


def earlier_rounds(room: Room) -> list[Round]:
    """Those before the newest, newest first, as many as a page shows."""
    query = (
        select(Round)
        .filter_by(room_id=room.id)
        .order_by(Round.number.desc())
        .offset(1)
        .limit(EARLIER_ROUNDS_MAX)
        .options(selectinload(Round.contributions), selectinload(Round.generation))
    )
    return list(db.session.scalars(query))


def open_round(
    room: Room, chosen: Recipe, *, after: int | None = None, model: str | None = None
) -> Round:
    """Opens the next round; refuses while one is live, or where another came `after` that one."""
    db.session.execute(select(Room.id).filter_by(id=room.id).with_for_update())
    last = current_round(room)
    _check_is_meant(last, after)
    if last and last.phase in {"collecting", "generating"}:
        message = "A round is open already: it shows on the page."
        raise WrongPhase(message)
    number = last.number + 1 if last else 1
    round_ = Round(room_id=room.id, number=number, recipe=chosen.slug, model=model)
    db.session.add(round_)
    db.session.flush()
    return round_


def contribute(room: Room, *, user_id: int, line: str, number: int | None = None) -> None:
    """Puts a member's line into the pot, or another in its place.

    With the `number` of a round into that one only, here and below: what is sent again after a
    connection was lost may arrive in the round that came next.
    """
    round_ = locked_round(room, number)
    if round_.phase != "collecting":
        message = "This round is past collecting. Your line was not added."
        raise WrongPhase(message)
    _check_affordable(round_, room, user_id=user_id)
    values = {"round_id": round_.id, "user_id": user_id, "text": _clean(line, round_)}
    statement = insert(Contribution).values(values)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["round_id", "user_id"],
            set_={"text": statement.excluded.text, "short_since": None},
        )
    )
    db.session.expire(round_)


def is_complete(room: Room) -> bool:
    """Whether everybody who sits in the room has added a line, and none waits for credits."""
    round_ = current_round(room)
    if round_ is None or round_.phase != "collecting":
        return False
    if any(contribution.short_since for contribution in round_.contributions):
        return False
    contributors = {contribution.user_id for contribution in round_.contributions}
    return {member.user_id for member in room.members} <= contributors


def start(room: Room, number: int | None = None) -> Generation:
    """Holds every payer's share and orders the text, in one transaction.

    Raises `InsufficientCredits` naming whoever can't pay; then nobody's credits are held, and
    the caller rolls back and may mark their lines as `short_lines`.
    """
    round_ = locked_round(room, number)
    if round_.phase != "collecting":
        message = "This round has started already."
        raise WrongPhase(message)
    if not round_.contributions:
        message = "The pot is empty. Add a line first."
        raise WrongPhase(message)
    chosen = recipe(round_.recipe)
    price = quotes.price_for(chosen, round_.model)
    messages = prompts.messages(chosen, round_.contributions)
    generation = Generation(
        round_id=round_.id,
        kind=chosen.kind,
        price_id=price.id,
        messages=messages,
        output_tokens_max=chosen.output_tokens_max,
    )
    db.session.add(generation)
    round_.phase = "generating"
    for contribution in round_.contributions:
        contribution.short_since = None
    db.session.flush()
    total = pricing.cost_credits(
        price,
        input_tokens=pricing.input_tokens_max(messages),
        output_tokens=chosen.output_tokens_max,
    )
    holds.reserve(
        amounts=shares(round_, total), generation_id=generation.id, ttl_seconds=HOLD_TTL_SECONDS
    )
    return generation


def shares(round_: Round, total_credits: int) -> dict[int, int]:
    """Who pays how much of a total: their own line's part, and those of whom they treat.

    A share of a smaller total is never more than that of a larger one, so what was held
    covers what is captured.
    """
    parts = _parts(round_, total_credits)
    owed: Counter[int] = Counter()
    for contribution in round_.contributions:
        owed[contribution.payer_id] += parts[contribution.user_id]
    return dict(+owed)


def request_stop(room: Room, number: int | None = None) -> Generation | None:
    """Asks the running generation to end with what is there; asking twice does no harm."""
    round_ = locked_round(room, number)
    generation = round_.generation
    if round_.phase != "generating" or generation is None:
        return None
    if generation.stop_requested_at is None:
        generation.stop_requested_at = func.now()
    return generation


def bill(round_: Round) -> list[Part]:
    """After a round: who paid how much for whom, in the order of the lines."""
    generation = round_.generation
    if generation is None or not generation.cost_credits:
        return []
    parts = _parts(round_, generation.cost_credits)
    return [
        _part(contribution, credits=parts[contribution.user_id])
        for contribution in round_.contributions
    ]


def locked_round(room: Room, number: int | None = None) -> Round:
    """The newest round, locked until the transaction ends and read afresh."""
    query = (
        select(Round)
        .filter_by(room_id=room.id)
        .order_by(Round.number.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    round_ = db.session.scalar(query)
    if round_ is None:
        message = "No round is open. Open one first."
        raise WrongPhase(message)
    _check_is_meant(round_, number)
    return round_


def _parts(round_: Round, total_credits: int) -> dict[int, int]:
    """Each author's part of a total. The odd credits begin with another member each round."""
    authors = sorted(contribution.user_id for contribution in round_.contributions)
    parts = pricing.equal_shares(total_credits, len(authors), first=round_.number)
    return dict(zip(authors, parts, strict=True))


def _part(contribution: Contribution, *, credits: int) -> Part:
    author, host = contribution.user.name, contribution.treated_by
    return Part(host.name, credits, guest=author) if host else Part(author, credits)


def _check_is_meant(round_: Round | None, number: int | None) -> None:
    """Refuses what was meant for another round than the newest."""
    if round_ and number is not None and round_.number != number:
        message = "Another round has begun since: it shows on the page. Nothing was done."
        raise WrongPhase(message)


def _check_affordable(round_: Round, room: Room, *, user_id: int) -> None:
    chosen, people = recipe(round_.recipe), len(room.members)
    price = quotes.quote(chosen, people=people, model=round_.model).each
    message = f"Your part of this round can cost {price} credits, and you have fewer."
    ledger.check_can_spend(user_id, price, message=message)


def _clean(line: str, round_: Round) -> str:
    text = " ".join("".join(c if c.isprintable() or c == "\u200d" else " " for c in line).split())
    limit = recipe(round_.recipe).line_characters_max
    if not text:
        message = "Write something first: one line is enough."
        raise BadLine(message, code="line_empty")
    if len(text) > limit:
        message = f"That is {len(text):,} characters long. A line has at most {limit}."
        raise BadLine(message, code="line_too_long")
    return text
