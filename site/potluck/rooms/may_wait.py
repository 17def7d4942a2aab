"""Whether people may wait in the pool: all that it depends on is read in one question."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from potluck import pauses
from potluck.credits import ledger, pricing
from potluck.database import db
from potluck.languages import number
from potluck.plain_statements import array
from potluck.rooms import quotes, rooms
from potluck.rooms.recipes import DEFAULT_SLUG, Recipe, recipe
from potluck.settings import current_settings
from potluck.texts import gettext as _

# Prices as text: what a round can cost with them is worked out once.
READ = f"""
    SELECT user_id, (SELECT sentence FROM pauses WHERE what = 'rounds'), EXISTS (
            SELECT FROM room_members member
            WHERE member.user_id = accounts.user_id AND member.left_at IS NULL
        ), CAST(({pricing.NEWEST}) AS text), posted, held, seq, owed, freezes
    FROM accounts WHERE user_id = ANY({array("user_ids", "bigint")})
"""  # noqa: S608 - ours
PRICES_KEPT = 8


def read(user_ids: Collection[int]) -> dict[int, Sequence[Any]]:
    """What it depends on for each of them."""
    rows = db.all(READ, {"user_ids": list(user_ids)})
    return {user_id: facts for user_id, *facts in rows}


def check(user_id: int, facts: Sequence[Any]) -> None:
    """Looks at what was read of somebody.

    Raises `Paused`, `AlreadyInRoom`, `NoPrice`, `AccountFrozen`, or `InsufficientCredits` with the
    price, for those who can't pay for one round.
    """
    sentence, has_room, prices, *balance = facts
    if sentence is not None:
        raise pauses.Paused(sentence)
    if has_room:
        raise already_in_room()
    settings = current_settings()
    models = (settings.openai_model, settings.openai_image_model)
    price = _price_credits(prices, models, recipe(DEFAULT_SLUG))
    now = ledger.Balance(*balance)
    if now.is_frozen or now.available < price:
        message = _(
            "One round can cost %(price)s credits, and you have fewer.", price=number(price)
        )
        ledger.check_can_spend(user_id, price, now=now, message=message)


def already_in_room() -> rooms.AlreadyInRoom:
    """To those who sit somewhere."""
    message = _("You sit in a room. Leave it before you wait for another.")
    return rooms.AlreadyInRoom(message)


@lru_cache(PRICES_KEPT)
def _price_credits(prices: str | None, _models: tuple[str | None, ...], chosen: Recipe) -> int:
    """What one round can cost one person, with the models that are set up."""
    with pricing.in_force(json.loads(prices) if prices else ()):
        return quotes.quote(chosen, people=1).total
