"""Lines that can't be paid for yet: the host goes on without them, or treats their authors.

Whose they are is said to their authors alone. Nothing here commits.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func

from potluck import languages
from potluck.accounts.models import User
from potluck.credits import ledger
from potluck.credits.ledger import Balance
from potluck.database import db
from potluck.rooms import clock, orders, quotes, rooms, rounds
from potluck.rooms.models import Contribution, Generation, Room, Round
from potluck.rooms.quotes import Quote
from potluck.texts import gettext as _


@dataclass(frozen=True, slots=True)
class Shortage:
    """What everybody in the room may know: how many lines wait, and who decides about them."""

    lines: int
    host: User | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What each choice can cost at most, in credits. Without other lines none can be left out."""

    each_without: int | None
    treating: int


def shortage(round_: Round) -> Shortage | None:
    """What a round that collects lines waits for, if it is credits."""
    lines = _short(round_)
    if round_.phase != "collecting" or not lines:
        return None
    return Shortage(lines=len(lines), host=_host(round_))


def offer(round_: Round, *, user_id: int) -> Offer | None:
    """The choice that this member has: the host's, while there are lines that wait."""
    waits = shortage(round_)
    quote = _quote(round_)
    if waits is None or waits.host is None or waits.host.id != user_id or quote is None:
        return None
    rest = quote.people - waits.lines
    return Offer(
        each_without=quotes.quote_of(round_, people=rest).each if rest else None,
        treating=_treating(round_, quote, host_id=user_id),
    )


def word_to_author(line: Contribution, now: Balance | None = None) -> str:
    """What its author is told of a line that waits: why, and what they can do.

    `now` is their balance where it has been read.
    """
    balance = now or ledger.balance(line.user_id)
    quote, host = _quote(line.round), _host(line.round)
    if balance.is_frozen:
        return f"{_frozen()} {_what_the_frozen_can_do(host)}"
    if quote and balance.available >= quote.each:
        return _("You have the credits for this round now: send your line again, and it counts.")
    return f"{_too_dear(quote, balance.available)} {_what_to_do(host)}"


def mark(room: Room, user_ids: frozenset[int]) -> frozenset[int]:
    """Marks these members' lines as waiting; returns those to whom it is news."""
    round_ = rounds.locked_round(room)
    if round_.phase != "collecting":
        return frozenset()
    news = [
        line
        for line in round_.contributions
        if line.user_id in user_ids and line.short_since is None
    ]
    for line in news:
        line.short_since = func.now()
    if news:
        clock.begin(round_, seconds=clock.DECISION_SECONDS)
    return frozenset(line.user_id for line in news)


def leave_out(room: Room, number: int | None, *, user_id: int) -> Generation:
    """The host's choice to start without the lines that wait. Raises what `orders.order` does."""
    drop(_decided_by(room, number, user_id=user_id))
    return orders.order(room)


def drop(round_: Round) -> frozenset[int]:
    """Takes the lines that wait out of the pot; says whose they were."""
    waiting = _short(round_)
    for line in waiting:
        db.session.delete(line)
    db.session.flush()
    db.session.expire(round_)
    return frozenset(line.user_id for line in waiting)


def treat(room: Room, number: int | None, *, user_id: int) -> Generation:
    """The host's choice to start and pay those lines' parts, too. Raises what `orders.order` does.

    Where it is the host who can't pay, the refusal is worded for them.
    """
    round_ = _decided_by(room, number, user_id=user_id)
    quote = _quote(round_)
    at_most = _treating(round_, quote, host_id=user_id) if quote else 0
    for line in _short(round_):
        line.short_since, line.paid_by = None, user_id
    try:
        return orders.order(room)
    except ledger.InsufficientCredits as refusal:
        if user_id in refusal.user_ids:
            message = _(
                "Treating can cost you %(price)s credits, and you have fewer. Nobody was "
                "charged. Top up first, or go on without what can't be paid for.",
                price=languages.number(at_most),
            )
            ledger.check_can_spend(user_id, at_most, message=message)
        raise


def _frozen() -> str:
    return _(
        "Your credits are frozen while your bank looks into one of your payments. "
        "Nobody was charged, and your line stays for now."
    )


def _what_the_frozen_can_do(host: User | None) -> str:
    if host is None:
        return _("You can wait.")
    return _("You can wait: %(host)s can go on without it, or treat you.", host=host.name)


def _too_dear(quote: Quote | None, available_credits: int) -> str:
    available = languages.number(available_credits)
    if quote is None:
        return _(
            "Your part of this round can cost more than you have, and you have %(available)s. "
            "Nobody was charged, and your line waits.",
            available=available,
        )
    return _(
        "Your part of this round can cost %(price)s credits, and you have %(available)s. "
        "Nobody was charged, and your line waits.",
        price=languages.number(quote.each),
        available=available,
    )


def _what_to_do(host: User | None) -> str:
    if host is None:
        return _("Top up and send it again, or wait.")
    return _(
        "Top up and send it again, or wait: %(host)s can go on without it, or treat you.",
        host=host.name,
    )


def _decided_by(room: Room, number: int | None, *, user_id: int) -> Round:
    round_ = rounds.locked_round(room, number)
    host = _host(round_)
    if host is None or host.id != user_id:
        message = _("The host of the room decides this: it isn't you at the moment.")
        raise rooms.NotHost(message)
    return round_


def _host(round_: Round) -> User | None:
    """The host, or the next at the table where the host's own line waits: they can't decide."""
    waiting = {line.user_id for line in _short(round_)}
    host_id = round_.room.host_id
    members = sorted(round_.room.members, key=lambda member: member.user_id != host_id)
    return next((each.user for each in members if each.user_id not in waiting), None)


def _short(round_: Round) -> list[Contribution]:
    return [line for line in round_.contributions if line.short_since]


def _quote(round_: Round) -> Quote | None:
    """The ceiling with the lines that are in."""
    people = len(round_.contributions)
    return quotes.quote_of_or_none(round_, people=people) if people else None


def _treating(round_: Round, quote: Quote, *, host_id: int) -> int:
    """What the host pays at most: the parts of the lines that wait, and their own."""
    lines = [line for line in round_.contributions if line.short_since or line.user_id == host_id]
    return min(quote.each * len(lines), quote.total)
