"""The one statement that ends generations: their bills, their rounds, and the sheets they made.

A transaction of its own as a rule. An epoch that is stale, or a generation that has ended, ends
nothing, so that to do it twice is to do it once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from potluck import metrics
from potluck.credits import holds
from potluck.database import db
from potluck.gathering import Gathering
from potluck.rooms import sheets
from potluck.rooms.prompts import Message

# Takes `endings`, as `_values` writes them. Rows that several statements may want are locked in the
# order of their ids, or two could wait for each other.
END = f"""
    WITH said AS (
        SELECT * FROM json_to_recordset(CAST(%(endings)s AS json)) AS said (
            generation_id bigint, epoch integer, state text, text text, messages jsonb, seq integer,
            input_tokens integer, output_tokens integer, usage_estimated boolean,
            cost_credits bigint, error_code text, error_detail text, shares json, slug text,
            hues json
        )
    ), open_now AS (
        SELECT said.*, generations.id FROM generations JOIN said
            ON said.generation_id = generations.id AND said.epoch = generations.lease_epoch
        WHERE generations.state IN ('reserved', 'dispatched')
        ORDER BY generations.id FOR NO KEY UPDATE OF generations
    ), over_now AS (
        UPDATE generations SET state = ending.state, text = ending.text, tail = '',
            messages = ending.messages, seq = ending.seq, input_tokens = ending.input_tokens,
            output_tokens = ending.output_tokens, usage_estimated = ending.usage_estimated,
            cost_credits = ending.cost_credits, error_code = ending.error_code,
            error_detail = ending.error_detail, lease_expires_at = NULL, ended_at = now()
        FROM open_now ending WHERE generations.id = ending.id
        RETURNING generations.id, generations.round_id, ending.state, ending.shares, ending.slug,
            ending.hues
    ), share AS (
        SELECT id AS generation_id, CAST(key AS bigint) AS user_id, CAST(value AS bigint) AS share
        FROM over_now, json_each_text(shares)
    ), {holds.SETTLE_ENDED}, turned AS (
        UPDATE rounds SET phase = over_now.state, ended_at = now()
        FROM over_now WHERE rounds.id = over_now.round_id
    ), sheet AS (
        INSERT INTO sheets (slug, round_id)
        SELECT slug, round_id FROM over_now WHERE slug IS NOT NULL RETURNING id, round_id
    ), person AS (
        INSERT INTO sheet_people (sheet_id, user_id, hue)
        SELECT sheet.id, CAST(key AS bigint), CAST(value AS smallint)
        FROM sheet JOIN over_now USING (round_id), json_each_text(over_now.hues)
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
    """Ends it; False where it had ended, or the lease is somebody else's. Commits.

    With others of this process that end at the same time.
    """
    with metrics.LEDGER.labels("settle").time():
        return _ending.ask(ending)


def end_here(ending: Ending) -> bool:
    """The same in the session's transaction, which the caller commits."""
    with metrics.LEDGER.labels("settle").time():
        connection = db.session.connection()
        return connection.exec_driver_sql(END, _values([ending])).first() is not None


def end_all(endings: Sequence[Ending]) -> list[bool]:
    """The same of several in one transaction: all of them, or none where it raises. Commits."""
    rows = db.all_alone(END, _values(endings), is_patient=len(endings) == 1)
    are_over = {row[0] for row in rows}
    return [ending.generation_id in are_over for ending in endings]


_ending = Gathering(end_all)


def _values(endings: Sequence[Ending]) -> dict[str, str]:
    return {"endings": json.dumps([_said(ending) for ending in endings], ensure_ascii=False)}


def _said(ending: Ending) -> dict[str, object]:
    said = {field.name: getattr(ending, field.name) for field in fields(ending)}
    return {**said, "slug": None if ending.hues is None else sheets.new_slug()}
