"""Deliveries that a `reorder` holds back. Let go, each waits until the newer one has gone out."""

import itertools
import time

from . import faults
from .faults import Fault
from .store import Store


def hold(store: Store, event_id: str, fault: Fault) -> None:
    """Hold one more back, unless it is the last that its fault waits for or will ever get."""
    store.connection.execute(
        "INSERT INTO held_deliveries (event_id, fault_id) VALUES (?, ?)", (event_id, fault.id)
    )
    if len(_gathered(store, fault.id)) == fault.number or fault.count == 0:
        release(store, fault.id)


def release(store: Store, fault_id: int | None = None) -> int:
    """Let go what one fault holds, or all of them; how many there were."""
    gathered = _gathered(store, fault_id)
    if gathered:
        _let_go(store, gathered[0])
    for newer, older in itertools.pairwise(gathered):
        store.connection.execute(
            "UPDATE held_deliveries SET behind = ? WHERE event_id = ?", (newer, older)
        )
    return len(gathered)


def call_off(store: Store, fault_id: int) -> bool:
    """Remove a fault, and let go what nothing would let go any more. Whether there was one."""
    release(store, fault_id)
    return faults.remove(store, fault_id)


def call_off_all(store: Store) -> None:
    release(store)
    faults.remove_all(store)


def release_next(store: Store, event_id: str) -> None:
    """Once an event has been tried, accepted or not, the one that waits behind it may go."""
    for row in store.connection.execute(
        "SELECT event_id FROM held_deliveries WHERE behind = ?", (event_id,)
    ).fetchall():
        _let_go(store, row["event_id"])


def forget(store: Store, event_id: str) -> None:
    store.connection.execute("DELETE FROM held_deliveries WHERE event_id = ?", (event_id,))


def _gathered(store: Store, fault_id: int | None) -> list[str]:
    """Those not let go yet, newest first."""
    rows = store.connection.execute(
        "SELECT event_id FROM held_deliveries WHERE behind IS NULL AND fault_id = "
        "coalesce(?, fault_id) ORDER BY seq DESC",
        (fault_id,),
    )
    return [row["event_id"] for row in rows]


def _let_go(store: Store, event_id: str) -> None:
    forget(store, event_id)
    store.connection.execute(
        "UPDATE deliveries SET due_at = ? WHERE event_id = ?", (time.time(), event_id)
    )
