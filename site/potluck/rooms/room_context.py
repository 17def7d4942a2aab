"""What a room's page and its composer show to the member who asks."""

from __future__ import annotations

from typing import Any

from flask_login import current_user

from potluck.credits import views as credit_views
from potluck.rooms import (
    choices,
    entrance,
    menu,
    payments,
    quotes,
    remixes,
    rounds,
    short_lines,
)
from potluck.rooms.room_reads import RoomPage


def room_context(page: RoomPage) -> dict[str, Any]:
    """All of it, by what was read."""
    room, current, stakes = page.room, page.newest.round, page.stakes
    people = len(room.members)
    quote = quotes.quote_of_or_none(current, people=people)
    balance = credit_views.newest_balance(current_user.id)
    mine = next((c for c in current.contributions if c.user_id == current_user.id), None)
    is_treated = current.from_pot or current.treated_by not in {None, current_user.id}
    price = (quote.total if current.treated_by == current_user.id else quote.each) if quote else 0
    return {
        **entrance.round_context(page.newest),
        "menu": menu.offered(current, people=people, known=page.known),
        "models": _models(page) if current.ended_at else [],
        "quote": quote,
        "mine": mine,
        "draft": page.draft or _ingredient(page),
        "is_host": room.host_id == current_user.id,
        "may_open_doors": room.host_id == current_user.id and not page.has_private_line,
        "may_stop": rounds.may_stop(current, current_user.id, page.newest.paying),
        "offer": short_lines.offer(current, user_id=current_user.id),
        "word": short_lines.word_to_author(mine, balance) if mine and mine.short_since else None,
        "can_afford": quote is not None and (is_treated or balance.available >= price),
        "can_treat": quote is not None and balance.available >= quote.total,
        "payment": payments.payment_of(current),
        "pot": sum(stakes.values()),
        "stake": stakes.get(current_user.id, 0),
    }


def _models(page: RoomPage) -> list[choices.Choice]:
    people = len(page.room.members)
    return choices.choices(page.newest.round, people=people, known=page.known)


def _ingredient(page: RoomPage) -> str:
    return remixes.ingredient(page.newest.round, page.remixed) if page.remixed else ""
