"""A round: lines go into the pot, and then one model writes for all.

Nothing here commits. The round's row is locked before anything about it is decided, so two
people who act at once act one after the other.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from potluck import languages
from potluck.credits import holds
from potluck.database import db
from potluck.refusals import Refusal
from potluck.rooms import affordability, clock, drafts, memory, prompts, rooms
from potluck.rooms.models import Contribution, Generation, Room, Round
from potluck.rooms.recipes import Recipe
from potluck.texts import gettext as _

EARLIER_ROUNDS_MAX = 20


class WrongPhase(Refusal):
    """The round has moved on since the page was drawn."""

    code = "wrong_phase"


class BadLine(Refusal):
    """A line that can't be put into the pot."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "bad_line"


class DoorsWereOpened(Refusal):
    """Strangers may read this round, and the page that the line was written on didn't say so."""

    code = "doors_were_opened"


class NotPayer(Refusal):
    """Who neither hosts the room nor pays for the text lets it be written."""

    status = HTTPStatus.FORBIDDEN
    code = "not_payer"


def current_round(room: Room) -> Round | None:
    """The newest round of a room: the live one, or the last."""
    query = select(Round).filter_by(room_id=room.id).order_by(Round.number.desc()).limit(1)
    return db.session.scalar(query)


def open_round(
    room: Room,
    chosen: Recipe,
    *,
    after: int | None = None,
    fresh: bool = False,
    model: str | None = None,
) -> Round:
    """Opens the next round; refuses while one is live, or where another came `after` that one.

    A fresh one is written without the rounds before it, and so are those that come later.
    """
    rooms.locked(room)
    last = current_round(room)
    _check_is_meant(last, after)
    if last and last.phase in {"collecting", "generating"}:
        message = _("A round is open already: it shows on the page.")
        raise WrongPhase(message)
    remembered = memory.NOTHING if fresh else memory.after(last, model=model)
    round_ = Round(
        room_id=room.id,
        number=last.number + 1 if last else 1,
        recipe=chosen.slug,
        recipe_terms=chosen.terms,
        model=model,
        is_public=room.doors_opened_at is not None,
        starts_fresh=fresh,
        context_rounds=remembered.rounds,
        context_tokens=remembered.tokens,
    )
    db.session.add(round_)
    db.session.flush()
    return round_


def change_recipe(room: Room, chosen: Recipe, *, number: int | None = None) -> None:
    """Makes something else of a round, as long as nobody has put a line into it."""
    round_ = locked_round(room, number)
    if round_.phase != "collecting" or round_.contributions:
        message = _("Somebody has added a line to this round. Choose again for the next one.")
        raise WrongPhase(message)
    round_.recipe, round_.recipe_terms = chosen.slug, chosen.terms


def contribute(
    room: Room,
    *,
    user_id: int,
    line: str,
    number: int | None = None,
    is_for_strangers: bool = False,
) -> None:
    """Puts a member's line into the pot, or another in its place.

    With the `number` of a round into that one only, here and below: what is sent again after a
    connection was lost may arrive in the round that came next. Into a round that strangers may
    read goes only what was written to be read by them.
    """
    round_ = locked_round(room, number)
    if round_.is_public and not is_for_strangers:
        message = _(
            "The doors were opened a moment ago: strangers may read this round."
            " Your line was not added. Send it again if that is fine with you."
        )
        raise DoorsWereOpened(message)
    if round_.phase != "collecting":
        message = _(
            "This round is past collecting. Your line was not added, and is kept as a draft."
        )
        raise WrongPhase(message)
    affordability.check(round_, room, user_id=user_id)
    values = {"round_id": round_.id, "user_id": user_id, "text": _clean(line, round_)}
    statement = insert(Contribution).values(values)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["round_id", "user_id"],
            set_={"text": statement.excluded.text, "short_since": None},
        )
    )
    drafts.drop(room, user_id=user_id)
    if round_.closes_at is None and len(room.members) > 1:
        clock.begin(round_, seconds=clock.LINES_SECONDS)
    db.session.flush()
    db.session.expire(round_)


def take_back(room: Room, user_id: int) -> None:
    """Takes somebody's line out of a round that still collects."""
    live = select(Round.id).filter_by(room_id=room.id, phase="collecting")
    db.session.execute(
        delete(Contribution).where(Contribution.round_id.in_(live), Contribution.user_id == user_id)
    )


def is_complete(room: Room) -> bool:
    """Whether everybody who sits in the room has added a line, and none waits for credits."""
    round_ = current_round(room)
    if round_ is None or round_.phase != "collecting":
        return False
    if any(contribution.short_since for contribution in round_.contributions):
        return False
    contributors = {contribution.user_id for contribution in round_.contributions}
    return {member.user_id for member in room.members} <= contributors


def extend(room: Room, number: int | None = None) -> None:
    """The host's choice to wait a minute longer for whoever still writes."""
    round_ = locked_round(room, number)
    if round_.phase != "collecting" or not clock.extend(round_):
        message = _("No clock is running, so there is nothing to extend.")
        raise WrongPhase(message)
    db.session.flush()


def put_away(room: Room, number: int | None = None) -> None:
    """The host's choice to end a round that hasn't begun. Nobody pays."""
    round_ = locked_round(room, number)
    if round_.phase != "collecting":
        message = _("This round has begun already. You can stop it.")
        raise WrongPhase(message)
    _end(round_)


def end_current(room: Room) -> int | None:
    """Ends what is going on; the id of the generation, if one has to be told."""
    if current_round(room) is None:
        return None
    round_ = locked_round(room)
    if round_.phase == "collecting":
        _end(round_)
    return _stop(round_)


def request_stop(room: Room, number: int | None = None, *, user_id: int) -> int | None:
    """Asks the running generation to end with what is there; asking twice does no harm."""
    round_ = locked_round(room, number)
    if round_.phase == "generating" and not may_stop(round_, user_id):
        message = _("The host and those who pay can stop this. You are neither this time.")
        raise NotPayer(message)
    return _stop(round_)


def stop_generation(generation_id: int) -> int | None:
    """The operator's stop, which is settled as a member's is; None where nothing runs any more."""
    generation = db.session.get(Generation, generation_id)
    if generation is None:
        return None
    round_ = locked_round(generation.round.room)
    return _stop(round_) if round_.id == generation.round_id else None


def may_stop(round_: Round, user_id: int, paying: Collection[int] | None = None) -> bool:
    """Whether it is theirs to stop: they pay for the text, gave a line, or host the room.

    Those who are `paying` from the pot, where that was read already.
    """
    involved = {round_.room.host_id, round_.treated_by}
    for line in round_.contributions:
        involved |= {line.user_id, line.payer_id}
    if round_.from_pot and round_.generation:
        involved |= set(holds.payers(round_.generation.id) if paying is None else paying)
    return user_id in involved


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
        message = _("No round is open. Open one first.")
        raise WrongPhase(message)
    _check_is_meant(round_, number)
    return round_


def _end(round_: Round) -> None:
    round_.phase, round_.ended_at, round_.closes_at = "stopped", func.now(), None
    db.session.flush()


def _stop(round_: Round) -> int | None:
    generation: Generation | None = round_.generation
    if round_.phase != "generating" or generation is None:
        return None
    if generation.stop_requested_at is None:
        generation.stop_requested_at = func.now()
    return generation.id


def _check_is_meant(round_: Round | None, number: int | None) -> None:
    """Refuses what was meant for another round than the newest."""
    if round_ and number is not None and round_.number != number:
        message = _("Another round has begun since: it shows on the page. Nothing was done.")
        raise WrongPhase(message)


def _clean(line: str, round_: Round) -> str:
    text = prompts.one_line(line)
    limit = round_.kept_recipe.line_characters_max
    if not text:
        message = _("Write something first: one line is enough.")
        raise BadLine(message, code="line_empty")
    if len(text) > limit:
        message = _(
            "That is %(length)s characters long. A line has at most %(limit)s.",
            length=languages.number(len(text)),
            limit=limit,
        )
        raise BadLine(message, code="line_too_long")
    return text
