"""What the ledger says of a member, for the file in which they get everything."""

from __future__ import annotations

from sqlalchemy import text

from potluck.accounts import export

PARTS = {
    "ledger_account": text("""
        SELECT posted, held, owed, freezes FROM accounts WHERE user_id = :user_id
    """),
    "transfers": text("""
        SELECT t.id, t.key, t.kind, t.reference, t.created_at
        FROM transfers t JOIN accounts a ON a.id = t.account_id
        WHERE a.user_id = :user_id ORDER BY t.id
    """),
    # The other side is the house.
    "entries": text("""
        SELECT e.transfer_id, e.amount FROM transfers t
        JOIN accounts a ON a.id = t.account_id
        JOIN entries e ON e.transfer_id = t.id AND e.account_id = a.id
        WHERE a.user_id = :user_id ORDER BY e.transfer_id
    """),
    "holds": text("""
        SELECT h.id, h.generation_id, h.refund_id, h.room_id, h.amount, h.state, h.captured,
            h.created_at, h.ended_at
        FROM holds h JOIN accounts a ON a.id = h.account_id
        WHERE a.user_id = :user_id ORDER BY h.id
    """),
}


def init_app() -> None:
    """Adds it."""
    export.add(PARTS)
