"""Faults that were ordered. They are kept in the database, so they outlive a restart.

Each `take` runs in a transaction that writes, of which there is one at a time, so no two threads
count down the same one.
"""

import sqlite3
import time
from dataclasses import dataclass

from .fault_kinds import KINDS, Order, OrderRefused, Subject
from .store import Body, Store

FAULTS_MAX = 100


@dataclass(frozen=True)
class Fault:
    id: int
    kind: str
    match: str
    # How often it will still happen; null until it is removed.
    count: int | None
    seconds: float | None
    number: int | None
    created_at: float

    def shown(self) -> Body:
        """As JSON, with the figure of its kind under the name that the order used."""
        number = KINDS[self.kind].number
        return {
            "id": self.id,
            "kind": self.kind,
            "match": self.match,
            "count": self.count,
            "seconds": self.seconds,
            "created": int(self.created_at),
            **({number.name: self.number} if number else {}),
        }


def add(store: Store, order: Order) -> Fault:
    if len(ordered(store)) >= FAULTS_MAX:
        raise OrderRefused(f"There are {FAULTS_MAX} faults already. Remove some first.")
    row = store.connection.execute(
        "INSERT INTO faults (subject, kind, match, count, seconds, number, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            order.kind.subject,
            order.kind.name,
            order.match,
            order.count,
            order.seconds,
            order.number,
            time.time(),
        ),
    ).fetchone()
    return _fault(row)


def ordered(store: Store) -> list[Fault]:
    return [_fault(row) for row in store.connection.execute("SELECT * FROM faults ORDER BY id")]


def remove(store: Store, fault_id: int) -> bool:
    """Whether there was one to remove."""
    query = "DELETE FROM faults WHERE id = ?"
    return store.connection.execute(query, (fault_id,)).rowcount > 0


def remove_all(store: Store) -> None:
    store.connection.execute("DELETE FROM faults")


def matching(store: Store, subject: Subject, name: str) -> list[Fault]:
    """Those that would happen to the event type or request called `name`, oldest first."""
    rows = store.connection.execute(
        "SELECT * FROM faults WHERE subject = ? AND ? GLOB match ORDER BY id", (subject, name)
    )
    return [_fault(row) for row in rows]


def take(store: Store, fault: Fault) -> Fault:
    """Let it happen once. The last time it is gone from the orders."""
    row = store.connection.execute(
        "UPDATE faults SET count = count - 1 WHERE id = ? RETURNING *", (fault.id,)
    ).fetchone()
    taken = _fault(row)
    if taken.count == 0:
        remove(store, taken.id)
    return taken


def _fault(row: sqlite3.Row) -> Fault:
    return Fault(**{name: row[name] for name in row.keys() if name != "subject"})  # noqa: SIM118
