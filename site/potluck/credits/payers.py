"""Who pays for a generation: whose credits are or were held for it, and what was taken of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import text

from potluck.database import db

# In JSON, of the generation that `{generation_id}` is where this is asked.
PAYERS = """
    SELECT json_agg(json_build_object('user_id', u.id, 'name', u.name, 'captured', h.captured)
        ORDER BY a.id)
    FROM holds h JOIN accounts a ON a.id = h.account_id JOIN users u ON u.id = a.user_id
    WHERE h.generation_id = {generation_id}
"""
OF_ONE = text(PAYERS.format(generation_id=":generation_id"))


class Payer(NamedTuple):
    """Somebody, and what was taken of them in the end: nothing, while it goes on."""

    user_id: int
    name: str
    captured: int


def of(generation_id: int) -> list[Payer]:
    """In the order of their accounts."""
    return as_payers(db.session.scalar(OF_ONE, {"generation_id": generation_id}))


def as_payers(rows: Iterable[Mapping[str, Any]] | None) -> list[Payer]:
    """What `PAYERS` brought."""
    return [Payer(**row) for row in rows or ()]
