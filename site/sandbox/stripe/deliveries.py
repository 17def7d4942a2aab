"""The latest deliveries, for people: what became of each."""

import sqlite3
import time
from dataclasses import dataclass
from typing import Literal

from .store import Body, Store

SHOWN_MAX = 50

State = Literal["delivered", "waiting", "held", "dropped", "given up"]


@dataclass(frozen=True)
class DeliverySeen:
    event_id: str
    event_type: str
    subject_id: str
    attempts: int
    state: State
    due_at: float | None

    @property
    def due_time(self) -> str:
        return time.strftime("%H:%M:%S UTC", time.gmtime(self.due_at))

    def shown(self) -> Body:
        return {
            "event": self.event_id,
            "type": self.event_type,
            "subject": self.subject_id,
            "attempts": self.attempts,
            "state": self.state,
            "due": int(self.due_at) if self.due_at else None,
        }


def latest(store: Store) -> list[DeliverySeen]:
    """Newest first."""
    rows = store.connection.execute(
        "SELECT objects.id, json_extract(body, '$.type') AS type, "
        "json_extract(body, '$.data.object.id') AS subject, "
        "json_extract(body, '$.pending_webhooks') AS pending, due_at, "
        "attempts + coalesce(sent, 0) AS attempts, held.event_id IS NOT NULL AS held "
        "FROM objects JOIN deliveries ON deliveries.event_id = objects.id "
        "LEFT JOIN held_deliveries AS held ON held.event_id = objects.id "
        "LEFT JOIN delivery_copies AS copies ON copies.event_id = objects.id "
        "WHERE kind = 'event' ORDER BY objects.seq DESC LIMIT ?",
        (SHOWN_MAX,),
    )
    return [
        DeliverySeen(
            event_id=row["id"],
            event_type=row["type"],
            subject_id=row["subject"],
            attempts=row["attempts"],
            state=_state(row),
            due_at=row["due_at"],
        )
        for row in rows
    ]


def _state(row: sqlite3.Row) -> State:
    if row["held"]:
        return "held"
    if row["due_at"] is not None:
        return "waiting"
    if row["pending"] == 0:
        return "delivered"
    return "given up" if row["attempts"] else "dropped"
