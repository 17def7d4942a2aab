"""The one statement that ends a generation: its bill, its round, and the sheet that it made.

A transaction of its own as a rule. An epoch that is stale, or a generation that has ended, ends
nothing, so that to do it twice is to do it once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from potluck import metrics
from potluck.credits import holds
from potluck.database import db
from potluck.rooms import sheets
from potluck.rooms.prompts import Message

END = f"""
    WITH over_now AS (
        UPDATE generations SET state = %(state)s, text = %(text)s, messages = %(messages)s,
            seq = %(seq)s, input_tokens = %(input_tokens)s, output_tokens = %(output_tokens)s,
            usage_estimated = %(usage_estimated)s, cost_credits = %(cost_credits)s,
            error_code = %(error_code)s, error_detail = %(error_detail)s,
            lease_expires_at = NULL, ended_at = now()
        WHERE id = %(generation_id)s AND lease_epoch = %(epoch)s
            AND state IN ('reserved', 'dispatched')
        RETURNING id, round_id
    ), {holds.SETTLE_ENDED}, turned AS (
        UPDATE rounds SET phase = %(state)s, ended_at = now()
        FROM over_now WHERE rounds.id = over_now.round_id
    ), sheet AS (
        INSERT INTO sheets (slug, round_id)
        SELECT CAST(%(slug)s AS text), round_id FROM over_now
        WHERE CAST(%(slug)s AS text) IS NOT NULL RETURNING id
    ), person AS (
        INSERT INTO sheet_people (sheet_id, user_id, hue)
        SELECT sheet.id, person.user_id, person.hue FROM sheet,
            unnest(CAST(%(people)s AS bigint[]), CAST(%(hues)s AS smallint[]))
                AS person (user_id, hue)
    )
    SELECT id FROM over_now
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Ending:
    """How a generation ended. Without `hues`, those of its sheet, there is none to be made."""

    generation_id: int
    epoch: int
    state: str
    text: str
    messages: Sequence[Message]
    seq: int
    input_tokens: int
    output_tokens: int
    usage_estimated: bool
    cost_credits: int
    error_code: str | None
    error_detail: str | None
    shares: Mapping[int, int]
    hues: Mapping[int, int] | None


def end(ending: Ending) -> bool:
    """Ends it; False where it had ended, or the lease is somebody else's. Commits."""
    with metrics.LEDGER.labels("settle").time():
        return db.alone(END, _values(ending)) is not None


def end_here(ending: Ending) -> bool:
    """The same in the session's transaction, which the caller commits."""
    with metrics.LEDGER.labels("settle").time():
        connection = db.session.connection()
        return connection.exec_driver_sql(END, _values(ending)).first() is not None


def _values(ending: Ending) -> dict[str, Any]:
    hues = ending.hues
    return {
        "generation_id": ending.generation_id,
        "epoch": ending.epoch,
        "state": ending.state,
        "text": ending.text,
        "messages": Jsonb(list(ending.messages)),
        "seq": ending.seq,
        "input_tokens": ending.input_tokens,
        "output_tokens": ending.output_tokens,
        "usage_estimated": ending.usage_estimated,
        "cost_credits": ending.cost_credits,
        "error_code": ending.error_code,
        "error_detail": ending.error_detail,
        "user_ids": list(ending.shares),
        "shares": list(ending.shares.values()),
        "reference": f"generation:{ending.generation_id}",
        "slug": None if hues is None else sheets.new_slug(),
        "people": list(hues or ()),
        "hues": list((hues or {}).values()),
    }
