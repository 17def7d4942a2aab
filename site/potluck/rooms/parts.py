"""Who pays how much of a round: what was said beforehand, and what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from potluck.credits import payers, pricing
from potluck.credits.payers import Payer
from potluck.rooms.models import Contribution, Round


class Part(NamedTuple):
    """A line's part of the bill. `guest` is its author where somebody else paid."""

    payer: str
    credits: int
    guest: str | None = None


def final_shares(round_: Round, cost_credits: int, held: Mapping[int, int]) -> dict[int, int]:
    """Who pays how much in the end, of what is `held` of each."""
    if round_.from_pot:
        return pricing.drained(held, cost_credits, first=round_.number)
    return shares(round_, cost_credits)


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


def bill(round_: Round, paying: Sequence[Payer] | None = None) -> list[Part]:
    """After a round: who paid how much for whom, in the order of the lines.

    What the pot paid is a part of each who had put something in: those who are `paying`, where
    that was read already.
    """
    generation = round_.generation
    if generation is None or not generation.cost_credits:
        return []
    if round_.from_pot:
        paid = payers.of(generation.id) if paying is None else paying
        return [Part(payer.name, payer.captured) for payer in paid if payer.captured]
    parts = _parts(round_, generation.cost_credits)
    return [
        _part(contribution, credits=parts[contribution.user_id])
        for contribution in round_.contributions
    ]


def _parts(round_: Round, total_credits: int) -> dict[int, int]:
    """Each author's part of a total. The odd credits begin with another member each round."""
    authors = sorted(contribution.user_id for contribution in round_.contributions)
    parts = pricing.equal_shares(total_credits, len(authors), first=round_.number)
    return dict(zip(authors, parts, strict=True))


def _part(contribution: Contribution, *, credits: int) -> Part:
    author, host = contribution.user.name, contribution.treated_by
    return Part(host.name, credits, guest=author) if host else Part(author, credits)
